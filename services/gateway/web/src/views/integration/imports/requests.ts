import { getJson, postJson, putBytes, putJson } from '../../../api/client'
import type { FileImport, FileOptions, ImportDetail, Mapping, Preview } from './types'

/** The requests about uploaded files of one provider. */
export class Requests {
  readonly base: string

  constructor(provider: string) {
    this.base = `/v1/provider/${provider}/imports`
  }

  create(file: { name: string; size: number }): Promise<ImportDetail> {
    return postJson(this.base, { name: file.name.slice(-200), size: file.size })
  }

  get(id: number, signal?: AbortSignal): Promise<ImportDetail> {
    return getJson(`${this.base}/${id}`, { signal })
  }

  send(id: number, offset: number, piece: Blob, signal?: AbortSignal): Promise<FileImport> {
    return putBytes(`${this.base}/${id}/content?offset=${offset}`, piece, { signal })
  }

  preview(id: number, signal?: AbortSignal): Promise<Preview> {
    return getJson(`${this.base}/${id}/preview`, { signal })
  }

  lookAgain(id: number, file: FileOptions): Promise<ImportDetail> {
    return postJson(`${this.base}/${id}/preview`, { file })
  }

  mapping(id: number, signal?: AbortSignal): Promise<Mapping> {
    return getJson(`${this.base}/${id}/mapping`, { signal })
  }

  putMapping(id: number, mapping: Mapping): Promise<Mapping> {
    return putJson(`${this.base}/${id}/mapping`, mapping)
  }

  act(id: number, deed: 'check' | 'start' | 'cancel'): Promise<ImportDetail> {
    return postJson(`${this.base}/${id}/${deed}`, undefined)
  }

  errors(id: number): string {
    return `${this.base}/${id}/errors`
  }
}
