import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// Views are fetched when they are opened; the machine of the tests may be busy.
configure({ asyncUtilTimeout: 8_000 })
afterEach(cleanup)

// jsdom has the element, but not yet what opens it.
HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
  this.open = true
}
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
  this.open = false
}

// jsdom knows neither: no screen is wide or dark, and nothing is ever resized.
window.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as MediaQueryList
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
}
window.scrollTo = () => undefined
Element.prototype.scrollIntoView ??= () => undefined
