/** Files to and from this machine. */

export function saveFile(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The browser reads the blob after this call: it is let go a moment later.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** The name that the server gave in Content-Disposition, or `fallback`. */
export function fileName(headers: Headers, fallback: string): string {
  return /filename="([^"]+)"/.exec(headers.get('Content-Disposition') ?? '')?.[1] ?? fallback
}
