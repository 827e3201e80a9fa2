/** Words of fences: list, editor, import and export. */
export default {
  tag: {
    site: '工地',
    dump: '消纳场',
    plant: '搅拌站',
    wash_bay: '洗车点',
    parking: '停车场',
    no_go: '禁行区',
    district: '辖区',
    grid: '单元网格',
    road: '道路',
    corridor: '核准路线',
  },
}
