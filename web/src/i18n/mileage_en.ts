/** Words of the mileage table. */
export default {
  mileage: {
    name: 'Vehicle',
    organisation: 'Organisation',
    begins: 'From',
    days: 'Days with data',
    distance_km: 'Driven, km',
    moving_h: 'Moving, h',
    idle_h: 'Idling, h',
    work_h: 'Working, h',
    unknown_h: 'Unknown, h',
    max_speed_kmh: 'Top speed, km/h',
    odometer_km: 'By odometer, km',
    by_label: 'A row for each',
    per_label: 'Summed by',
    kind: 'Kind of vehicle',
    by: { device: 'by vehicle', organisation: 'by organisation', all: 'all together' },
    all: 'All vehicles',
    units: '{n} vehicles',
    back: 'Back to all',
    none: 'No vehicle drove in this period',
  },
}
