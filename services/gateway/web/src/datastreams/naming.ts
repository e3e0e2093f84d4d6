import type { Datastream, Thing } from '../api/types'
import type { Language } from '../i18n/messages'

const SEPARATOR = ' - '

type Named = Pick<Thing, 'name' | 'properties'>

/** The English name that a provider gives beside the reference name; null when there is none. */
export function englishName({ properties }: Named): string | null {
  const name = properties?.['nameEn']
  return typeof name === 'string' && name.trim() !== '' ? name.trim() : null
}

/** In English the English name if there is one, otherwise the reference name. */
export function localName(named: Named, language: Language): string {
  return (language === 'en' && englishName(named)) || named.name
}

/**
 * What is measured, without the " - <thing>" that providers append: the thing stands beside it.
 * The suffix may be in either language, because one of the two may have no English name.
 */
export function shortName(datastream: Datastream, language: Language): string {
  const { thing } = datastream
  const name = localName(datastream, language)
  for (const ending of [localName(thing, language), thing.name]) {
    const suffix = SEPARATOR + ending
    const rest = name.slice(0, -suffix.length).trim()
    if (name.endsWith(suffix) && rest !== '') return rest
  }
  return name
}

/**
 * Names of the observed properties by key. They come in the reference language only: their English name is the short
 * English name that more than half of their datastreams with an English name share. Without such a majority, these
 * are names of places rather than of what is measured, and the reference name stays.
 */
export function propertyNames(datastreams: Iterable<Datastream>, language: Language): Map<string, string> {
  const names = new Map<string, string>()
  const votes = new Map<string, Map<string, number>>()
  for (const datastream of datastreams) {
    const { key, name } = datastream.observedProperty
    names.set(key, name)
    if (language !== 'en' || englishName(datastream) === null) continue
    const counts = votes.get(key) ?? new Map<string, number>()
    const short = shortName(datastream, language)
    votes.set(key, counts.set(short, (counts.get(short) ?? 0) + 1))
  }
  for (const [key, counts] of votes) {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
    for (const [name, count] of counts) if (count > total / 2) names.set(key, name)
  }
  return names
}
