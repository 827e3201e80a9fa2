/** Words of fences: list, editor, import and export. */
export default {
  tag: {
    site: 'site',
    dump: 'dump',
    plant: 'plant',
    wash_bay: 'wash bay',
    parking: 'parking',
    no_go: 'no-go',
    district: 'district',
    grid: 'grid cell',
    road: 'road',
    corridor: 'approved route',
  },
}
