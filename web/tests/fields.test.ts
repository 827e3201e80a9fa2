import { describe, expect, it } from 'vitest'
import { shapeOf } from '@/format/fields'

const place = { alarm: 0, status: 3, lat_raw: 32_050_000, lon_raw: 118_800_000, lat: 32.05, lon: 118.8, speed_kmh: 12.5, time: '2026-11-22 10:00:00', alarms: [], status_bits: ['acc_on'], altitude_m: 20 }

describe('what a terminal said', () => {
  it('is a list of the fields that a person reads, the place as one', () => {
    expect(shapeOf({ ack_serial: 7, ...place })).toEqual({
      form: 'list',
      rows: [
        ['speed_kmh', 12.5],
        ['time', '2026-11-22 10:00:00'],
        ['altitude_m', 20],
        ['position', '32.050000, 118.800000'],
      ],
    })
  })

  it('is a table where it lists things, each with its place in the same line', () => {
    const found = shapeOf([
      { media_id: 5, media_type: 0, location: place },
      { media_id: 6, media_type: 1, channel: 2, location: { ...place, alarms: ['overspeed'] } },
    ])
    expect(found.form).toBe('table')
    expect(found).toMatchObject({
      heads: ['media_id', 'media_type', 'speed_kmh', 'time', 'position', 'channel', 'alarms'],
      rows: [{ media_id: 5, position: '32.050000, 118.800000' }, { channel: 2, alarms: ['overspeed'] }],
    })
  })

  it.each([3, 'text', ['a', 'b'], [], null])('is itself when it has no fields: %o', (value) => {
    expect(shapeOf(value)).toEqual({ form: 'one', value })
  })

  it('comes in the order that is asked for, the rest after it', () => {
    expect(shapeOf({ z: 1, a: 2, model: 'X', maker_id: 'Y' }, ['maker_id', 'model'])).toMatchObject({
      rows: [['maker_id', 'Y'], ['model', 'X'], ['z', 1], ['a', 2]],
    })
  })

  it('leaves a zero and a no, and leaves out what is empty', () => {
    expect(shapeOf({ channel: 0, read: false, issuer: '', expires: null })).toEqual({
      form: 'list',
      rows: [
        ['channel', 0],
        ['read', false],
      ],
    })
  })
})
