/** The map's own images, drawn on canvases: no sprite, no outside file. */
import type { Map as MapLibre } from 'maplibre-gl'
import type { UnitKind } from '@/api/types'
import type { UnitState } from '@/stores/fleet'
import type { Theme } from '@/stores/preferences'
import { GLYPHS } from './glyphs'
import { PALETTES } from './palette'

const SCALE = 3
const PIN = 44
const GLYPH = 19

function canvas(size: number): CanvasRenderingContext2D {
  const element = document.createElement('canvas')
  element.width = size * SCALE
  element.height = size * SCALE
  const context = element.getContext('2d', { willReadFrequently: true })!
  context.scale(SCALE, SCALE)
  return context
}

function pixels(context: CanvasRenderingContext2D): ImageData {
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height)
}

/** A disc with a nose that points north; the map turns it by the course. */
function pin(colour: string, rim: string, withNose: boolean): ImageData {
  const context = canvas(PIN)
  const middle = PIN / 2
  const body = new Path2D()
  body.arc(middle, middle, 14, 0, 2 * Math.PI)
  if (withNose) body.addPath(new Path2D(`M${middle - 8} ${middle - 11.4}L${middle} 1.5L${middle + 8} ${middle - 11.4}Z`))
  context.shadowColor = 'rgb(10 25 35 / 38%)'
  context.shadowBlur = 3 * SCALE
  context.shadowOffsetY = SCALE
  context.lineJoin = 'round'
  context.lineWidth = 3
  context.strokeStyle = rim
  context.stroke(body)
  context.shadowColor = 'transparent'
  context.fillStyle = colour
  context.fill(body, 'nonzero')
  return pixels(context)
}

function glyph(kind: UnitKind, colour: string): ImageData {
  const context = canvas(GLYPH)
  context.scale(GLYPH / 24, GLYPH / 24)
  context.fillStyle = colour
  context.fill(new Path2D(GLYPHS[kind]))
  return pixels(context)
}

/** Diagonal strokes for construction sites. */
function hatch(colour: string): ImageData {
  const context = canvas(8)
  context.strokeStyle = colour
  context.lineWidth = 1
  for (const shift of [-8, 0, 8]) {
    context.beginPath()
    context.moveTo(shift, 8)
    context.lineTo(shift + 8, 0)
    context.stroke()
  }
  return pixels(context)
}

/** Amber mark for a unit that some rule cannot judge. */
function questionMark(colour: string, rim: string): ImageData {
  const context = canvas(16)
  context.beginPath()
  context.arc(8, 8, 6.5, 0, 2 * Math.PI)
  context.fillStyle = colour
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = rim
  context.stroke()
  context.fillStyle = rim
  context.font = '700 10px sans-serif'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText('?', 8, 8.6)
  return pixels(context)
}

const STATES: readonly UnitState[] = ['reporting', 'violation', 'silent']

/** Add every image under its name: `pin-STATE`, `dot-STATE`, `glyph-KIND`, `hatch`, `doubt`. */
export function addImages(map: MapLibre, theme: Theme): void {
  const colours = PALETTES[theme]
  const add = (name: string, image: ImageData) => {
    if (map.hasImage(name)) map.removeImage(name)
    map.addImage(name, image, { pixelRatio: SCALE })
  }
  for (const state of STATES) {
    add(`pin-${state}`, pin(colours.state[state], colours.rim, true))
    add(`dot-${state}`, pin(colours.state[state], colours.rim, false))
  }
  for (const kind of Object.keys(GLYPHS) as UnitKind[]) add(`glyph-${kind}`, glyph(kind, '#ffffff'))
  add('hatch', hatch(colours.siteLine))
  add('doubt', questionMark(colours.doubt, colours.rim))
}
