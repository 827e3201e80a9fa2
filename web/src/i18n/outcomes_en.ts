/** Words of what becomes of a violation: incident, storm, ladder; and of its papers. */
export default {
  incident: {
    title: 'Incident',
    others: '{n} more of this incident',
    together: '{n} violations of this unit belong together',
  },
  storm: {
    tag: 'in a storm',
    none: 'No storm has been seen',
    others: '{n} more of this storm',
    of: 'Part of a storm: {n} units {cause}; it is announced as one',
    hidden: 'Part of a storm, which is announced as one',
    open: 'Show storms',
    causes: { silence: 'fell silent together', gnss: 'lost GNSS together' },
    cause: 'What happened',
    devices: 'Units',
    violations: 'Violations',
    organisation: 'Organisation',
    started_at: 'From',
    until: 'To',
    found_at: 'Seen',
  },
  step: {
    none: 'Nobody is to be told',
    due: 'due {time}',
    state: { waiting: 'waiting', done: 'told', grouped: 'known by the incident', stopped: 'not told' },
    reason: {
      taken: 'somebody has the case',
      closed: 'the case is closed',
      withdrawn: 'withdrawn',
      inhibited: 'part of a storm',
      ended: 'it is over',
      too_old: 'too late to be news',
      incident: 'the team knows of the incident',
    },
  },
  papers: {
    title: 'Permits and waybills in force',
    none: 'None was in force',
    permit: 'Permit',
    waybill: 'Waybill',
  },
}
