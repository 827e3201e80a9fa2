/** The routes of fences. */
import { query, request, requestFile } from './client'
import type { Datum, Fence, FenceFormat, FenceImport, ImportOptions } from './fence_types'

type FenceBody = Pick<Fence, 'type' | 'geometry'> & { properties: object }

export const all = () => request<{ type: 'FeatureCollection'; features: Fence[] }>('GET', '/fences')
export const add = (fence: FenceBody) => request<Fence>('POST', '/fences', fence)
export const change = (id: number, fence: FenceBody) => request<Fence>('PUT', `/fences/${id}`, fence)
export const end = (id: number) => request<void>('DELETE', `/fences/${id}`)
export const importFile = (file: Blob, options: ImportOptions) =>
  request<FenceImport>('POST', `/fences/import${query({ ...options })}`, file)
export const exportFile = (format: FenceFormat, datum: Datum) =>
  requestFile(`/fences/export${query({ format, datum })}`)
