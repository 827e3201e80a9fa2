/** Words of the page that an inspector sees. */
export default {
  own: {
    part: { today: '今天', tasks: '任务', shifts: '考勤', looks: '谁看过' },
    and: '、',
    next: '今后两周的班次',
    next_none: '没有安排班次',
    instead: '替 {name}',
    go: '导航前往',
    read: '已读',
    done: '完成',
    shifts_none: '最近 30 天没有班次',
    sums: '在岗 {present} 小时 · 未知 {unknown} 小时 · 里程 {km} 公里',
    looks_none: '没有人查看过您的轨迹',
    looked: '{at} 查看了您 {from} – {to} 的轨迹',
  },
}
