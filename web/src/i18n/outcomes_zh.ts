/** Words of what becomes of a violation: incident, storm, ladder; and of its papers. */
export default {
  incident: {
    title: '事件',
    others: '同一事件另有 {n} 条',
    together: '该对象的 {n} 条违规属同一事件',
  },
  storm: {
    tag: '大面积异常',
    none: '没有发现大面积异常',
    others: '同一次大面积异常另有 {n} 条',
    of: '属大面积异常：{n} 台终端{cause}，合并通知一次',
    hidden: '属大面积异常，合并通知一次',
    open: '查看大面积异常',
    causes: { silence: '同时失联', gnss: '同时失去定位' },
    cause: '情况',
    devices: '涉及数量',
    violations: '违规条数',
    organisation: '单位',
    started_at: '开始',
    until: '结束',
    found_at: '发现',
  },
  step: {
    none: '无需通知任何人',
    due: '应于 {time}',
    state: { waiting: '待通知', done: '已通知', grouped: '已随事件知悉', stopped: '未通知' },
    reason: {
      taken: '已有人接手',
      closed: '已办结',
      withdrawn: '已撤回',
      inhibited: '属大面积异常',
      ended: '违规已结束',
      too_old: '已过时效',
      incident: '执法队已知悉该事件',
    },
  },
  papers: {
    title: '当时有效的准运证与联单',
    none: '当时没有有效的证照',
    permit: '准运证',
    waybill: '联单',
  },
}
