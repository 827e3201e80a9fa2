/** Drawing one geometry on a map by hand: first placed corner by corner, then dragged. */
import type { Geometry } from 'geojson'
import type { Map as MapLibre } from 'maplibre-gl'
import {
  TerraDraw,
  TerraDrawLineStringMode,
  TerraDrawPointMode,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
  type GeoJSONStoreFeatures,
} from 'terra-draw'
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter'
import type { FenceShape } from '@/api/fence_types'

type Mode = 'polygon' | 'linestring' | 'point'
const GEOMETRIES: Record<Mode, string> = { polygon: 'Polygon', linestring: 'LineString', point: 'Point' }
const MODES: Partial<Record<FenceShape, Mode>> = {
  polygon: 'polygon',
  grid_cell: 'polygon',
  circle: 'point',
  corridor: 'linestring',
  route: 'linestring',
}
// Positions are stored in integers of 1e-6 degree.
const PRECISION = 6
const CORNERS = { midpoints: true, draggable: true, deletable: true } as const

function modes() {
  const flags = { feature: { draggable: true, coordinates: CORNERS } }
  return [
    new TerraDrawPolygonMode(),
    new TerraDrawLineStringMode(),
    new TerraDrawPointMode(),
    new TerraDrawSelectMode({ flags: { polygon: flags, linestring: flags, point: { feature: { draggable: true } } } }),
  ]
}

function rounded(value: unknown): unknown {
  return Array.isArray(value) ? value.map(rounded) : Number(Number(value).toFixed(PRECISION))
}

export class Drawing {
  private readonly draw: TerraDraw
  private readonly mode: Mode

  /** `changed` hears the geometry after each corner placed or dragged; null while there is none whole. */
  constructor(map: MapLibre, shape: FenceShape, geometry: Geometry | null, changed: (geometry: Geometry | null) => void) {
    this.mode = MODES[shape] ?? 'polygon'
    this.draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 9 }),
      modes: modes(),
    })
    this.draw.start()
    this.draw.on('finish', (id, { action }) => {
      changed(this.geometry())
      // What is placed can be corrected at once; one fence has one geometry.
      if (action === 'draw') this.edit(id)
    })
    if (geometry && this.load(geometry)) return
    this.draw.setMode(this.mode)
  }

  private edit(id: string | number): void {
    this.draw.setMode('select')
    this.draw.selectFeature(id)
  }

  private load(geometry: Geometry): boolean {
    const feature = { type: 'Feature', geometry: { ...geometry, coordinates: rounded((geometry as { coordinates: unknown }).coordinates) }, properties: { mode: this.mode } }
    const [added] = this.draw.addFeatures([feature as GeoJSONStoreFeatures])
    if (!added?.valid || added.id === undefined) return false
    this.edit(added.id)
    return true
  }

  private geometry(): Geometry | null {
    // Handles of corners and midpoints are features too, of other modes or types.
    const own = this.draw
      .getSnapshot()
      .find(({ properties, geometry }) => properties.mode === this.mode && geometry.type === GEOMETRIES[this.mode])
    return own ? ({ type: own.geometry.type, coordinates: rounded(own.geometry.coordinates) } as Geometry) : null
  }

  /** Begin anew. */
  restart(): void {
    this.draw.clear()
    this.draw.setMode(this.mode)
  }

  stop(): void {
    if (this.draw.enabled) this.draw.stop()
  }
}
