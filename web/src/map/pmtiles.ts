/** `pmtiles://` sources in a style that the user has set. */
import { addProtocol } from 'maplibre-gl'
import { Protocol } from 'pmtiles'

let registered = false

/** Register the scheme once, before a style that uses it is loaded. */
export function registerPmtiles(): void {
  if (registered) return
  registered = true
  addProtocol('pmtiles', new Protocol().tile)
}
