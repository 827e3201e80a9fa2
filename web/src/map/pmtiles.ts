/**
 * Base maps from PMTiles: `pmtiles://` sources in a style of the user's own, or the archive that the
 * server offers, drawn with the Protomaps layers in the page's language and theme.
 */
import { layers, namedFlavor } from '@protomaps/basemaps'
import { addProtocol, type LayerSpecification, type StyleSpecification } from 'maplibre-gl'
import { Protocol } from 'pmtiles'
import type { Theme } from '@/stores/preferences'

let registered = false

/** Register the scheme once, before a style that uses it is loaded. */
export function registerPmtiles(): void {
  if (registered) return
  registered = true
  addProtocol('pmtiles', new Protocol().tile)
}

/** No `glyphs` and no `sprite`: text is drawn with local fonts, road shields are left out. */
export function pmtilesStyle(url: string, theme: Theme, language: 'zh' | 'en'): StyleSpecification {
  const drawn = layers('tiles', namedFlavor(theme), { lang: language === 'zh' ? 'zh-Hans' : 'en' })
  return {
    version: 8,
    sources: {
      tiles: {
        type: 'vector',
        url: `pmtiles://${new URL(url, location.origin).href}`,
        attribution: '© OpenStreetMap',
      },
    },
    layers: drawn as LayerSpecification[],
  }
}
