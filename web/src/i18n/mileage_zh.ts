/** Words of the mileage table. */
export default {
  mileage: {
    name: '车辆',
    organisation: '单位',
    begins: '起始日',
    days: '有数据天数',
    distance_km: '里程 km',
    moving_h: '行驶 h',
    idle_h: '怠速 h',
    work_h: '作业 h',
    unknown_h: '未知 h',
    max_speed_kmh: '最高时速 km/h',
    odometer_km: '里程表 km',
    by_label: '每行一个',
    per_label: '汇总周期',
    kind: '车辆类型',
    by: { device: '按车辆', organisation: '按单位', all: '全部合计' },
    all: '全部车辆',
    units: '{n} 辆',
    back: '返回全部',
    none: '这段时间没有车辆行驶',
  },
}
