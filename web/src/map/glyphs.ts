/** Side views of the kinds of unit as filled paths in a 24 x 24 box, for the map and the page. */
import type { UnitKind } from '@/api/types'

const wheel = (x: number, y = 18, r = 2.1) =>
  `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`
const CAB = 'M15.6 9H19l2.6 3.6V17h-6Z'

export const GLYPHS: Record<UnitKind, string> = {
  muck_truck: `M1.6 7.2h13l-1.2 8.3H4.2ZM2.6 16.2h12.6v1H2.6Z${CAB}${wheel(6.2)}${wheel(17.8)}`,
  mixer: `M2.2 9.2 6 6.6l7.2 1.6 1.4 2.3-.6 3.6-4.5 1.4-4.6-1.2ZM2.6 16.2h12.6v1H2.6Z${CAB}${wheel(6.2)}${wheel(17.8)}`,
  water_truck: `M4.4 7.6h8.2a2.8 3.6 0 0 1 0 7.6H4.4a2.8 3.6 0 0 1 0-7.6ZM2.6 16.2h12.6v1H2.6ZM.5 10.2h1v1h-1ZM.2 12.6h1v1h-1ZM.7 15h1v1h-1Z${CAB}${wheel(6.2)}${wheel(17.8)}`,
  sweeper: `M2.2 8h12.4v7H2.2ZM2.6 15.6h12.6v1.4H2.6Z${CAB}${wheel(5)}${wheel(18.6)}M9 17.4h5l1.4 3.2H7.6Z`,
  garbage_truck: `M4.6 6.6h10v8.9h-10ZM3.9 7.4v7.4L1.2 16V9.6ZM2.6 16.2h12.6v1H2.6Z${CAB}${wheel(6.2)}${wheel(17.8)}`,
  inspector:
    'M8.9 5.6a3.1 3.1 0 1 0 6.2 0a3.1 3.1 0 1 0 -6.2 0ZM12 9.6c3.7 0 5.6 2.3 5.6 5.4v5.6H6.4V15c0-3.1 1.9-5.4 5.6-5.4Z',
  other: 'M4 8h11v8H4ZM15.8 10H18l2.4 3v3h-4.6ZM5.6 17.4a2 2 0 1 0 4 0ZM14.6 17.4a2 2 0 1 0 4 0Z',
}
