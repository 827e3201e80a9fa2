import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from '@/i18n/en'
import zh from '@/i18n/zh'

type Words = { [key: string]: string | Words }

function flat(words: Words, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') found.set(prefix + key, value)
    else for (const [inner, text] of flat(value, `${prefix}${key}.`)) found.set(inner, text)
  }
  return found
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sources(path) : [path]
  })
}

const chinese = flat(zh)
const english = flat(en)
const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()

describe('the words', () => {
  it('have the same keys in both languages', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
  })

  it('are never empty and keep their placeholders', () => {
    for (const [key, text] of chinese) {
      expect(text.trim(), key).not.toBe('')
      expect(english.get(key)?.trim(), key).not.toBe('')
      expect(places(text), key).toEqual(places(english.get(key)!))
    }
  })

  it('hold no Chinese in English', () => {
    const allowed = new Set(['header.language'])
    for (const [key, text] of english) if (!allowed.has(key)) expect(text, key).not.toMatch(/\p{Script=Han}/u)
  })

  it('hold every key that the sources name', () => {
    const files = sources(join(__dirname, '../src')).filter((path) => /\.(vue|ts)$/.test(path))
    expect(files.length).toBeGreaterThan(40)
    let checked = 0
    for (const path of files) {
      for (const [, key] of readFileSync(path, 'utf8').matchAll(/\bt\('([\w.]+)'/g)) {
        expect(chinese.has(key!), `${key} in ${path}`).toBe(true)
        checked += 1
      }
    }
    expect(checked).toBeGreaterThan(100)
  })

  it('hold something for every key that is put together', () => {
    const files = sources(join(__dirname, '../src')).filter((path) => /\.(vue|ts)$/.test(path))
    const groups = new Set([...chinese.keys()].map((key) => key.slice(0, key.lastIndexOf('.') + 1)))
    for (const path of files)
      for (const [, prefix] of readFileSync(path, 'utf8').matchAll(/\bt\(`([a-z_]+\.)\$\{/g))
        expect(groups.has(prefix!), `${prefix} in ${path}`).toBe(true)
  })
})
