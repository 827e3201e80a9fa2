/** Words of the page that an inspector sees. */
export default {
  own: {
    part: { today: 'Today', tasks: 'Tasks', shifts: 'Attendance', looks: 'Who looked' },
    and: ', ',
    next: 'Shifts of the next two weeks',
    next_none: 'No shift is planned',
    instead: 'instead of {name}',
    go: 'Show the way',
    read: 'Read',
    done: 'Done',
    shifts_none: 'No shift in the last 30 days',
    sums: '{present} h present · {unknown} h unknown · {km} km walked',
    looks_none: 'Nobody has looked at your path',
    looked: '{at} looked at your path of {from} – {to}',
  },
}
