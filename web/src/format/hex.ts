/** A raw frame cut into the pieces that its annotation names. */
import type { FramePiece } from '@/api/types'

export interface HexRun {
  /** Two hex digits a byte. */
  bytes: string[]
  offset: number
  /** Index into the frame's pieces; -1 for bytes that no piece names. */
  piece: number
}

export function bytesOf(hex: string): string[] {
  return hex.replace(/[^0-9a-f]/gi, '').toUpperCase().match(/.{2}/g) ?? []
}

/** Runs of bytes in order. Where pieces overlap, the later and narrower one (a field) wins. */
export function runsOf(hex: string, pieces: readonly FramePiece[]): HexRun[] {
  const bytes = bytesOf(hex)
  const owner = new Array<number>(bytes.length).fill(-1)
  pieces.forEach(([offset, length], index) => {
    for (let i = Math.max(0, offset); i < Math.min(bytes.length, offset + length); i += 1) {
      owner[i] = narrower(owner[i]!, index, pieces)
    }
  })
  const runs: HexRun[] = []
  bytes.forEach((byte, i) => {
    const last = runs.at(-1)
    if (last && last.piece === owner[i]) last.bytes.push(byte)
    else runs.push({ bytes: [byte], offset: i, piece: owner[i]! })
  })
  return runs
}

function narrower(held: number, candidate: number, pieces: readonly FramePiece[]): number {
  if (held < 0) return candidate
  return pieces[candidate]![1] <= pieces[held]![1] ? candidate : held
}

/** A frame of a text protocol (handset JSON) is read as text, not as hex. */
export function isText(bytes: readonly string[]): boolean {
  const opens = bytes[0] === '7B' || bytes[0] === '5B' || bytes[0] === '24'
  return opens && bytes.every((byte) => byte >= '20' || byte === '0A' || byte === '0D' || byte === '09')
}

export function textOf(bytes: readonly string[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)))
}
