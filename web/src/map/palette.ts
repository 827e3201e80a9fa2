/** The map's colours in both themes. */
import type { UnitState } from '@/stores/fleet'
import type { Theme } from '@/stores/preferences'

export interface Palette {
  ground: string
  district: string
  water: string
  park: string
  site: string
  siteLine: string
  building: string
  roadMain: string
  roadSide: string
  roadCase: string
  text: string
  halo: string
  waterText: string
  fence: Record<FenceLook, string>
  state: Record<UnitState, string>
  rim: string
  doubt: string
  track: string
  episode: string
}

export type FenceLook = 'site' | 'dump' | 'no_go' | 'grid' | 'road' | 'corridor' | 'other'

export const PALETTES: Record<Theme, Palette> = {
  light: {
    ground: '#e6e4de',
    district: '#f3f1ec',
    water: '#b9d6e6',
    park: '#d3e5c5',
    site: '#ebdfc9',
    siteLine: '#cdb68d',
    building: '#e2ded4',
    roadMain: '#ffffff',
    roadSide: '#ffffff',
    roadCase: '#d3cdc0',
    text: '#4a5861',
    halo: 'rgba(255,255,255,0.9)',
    waterText: '#4d87a5',
    fence: {
      site: '#a8741a',
      dump: '#7d5b3a',
      no_go: '#c5281c',
      grid: '#7a6fb3',
      road: '#2b9aa0',
      corridor: '#7b78c4',
      other: '#0f5c73',
    },
    state: { reporting: '#12805c', violation: '#c5281c', silent: '#7d8993' },
    rim: '#ffffff',
    doubt: '#c07a08',
    track: '#1c6fa0',
    episode: '#d6331f',
  },
  dark: {
    ground: '#11181d',
    district: '#172027',
    water: '#1c3a4d',
    park: '#1c3327',
    site: '#33301f',
    siteLine: '#6b5d33',
    building: '#1d272e',
    roadMain: '#42515d',
    roadSide: '#303d47',
    roadCase: '#0e1418',
    text: '#b6c3cc',
    halo: 'rgba(16,24,29,0.9)',
    waterText: '#7fb4d3',
    fence: {
      site: '#d8a545',
      dump: '#b98d63',
      no_go: '#ff8175',
      grid: '#a79bea',
      road: '#4fb8bd',
      corridor: '#9f9ce6',
      other: '#58b7d6',
    },
    state: { reporting: '#1f9d72', violation: '#e0483a', silent: '#66747f' },
    rim: '#eef4f7',
    doubt: '#d99a25',
    track: '#63b9e6',
    episode: '#ff6a58',
  },
}
