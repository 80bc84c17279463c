/**
 * The part of the DOM that the pages use. TypeScript's own types of it (`lib: dom`) would make browser globals valid in the code of
 * Node too.
 */

/** An element of a page, of HTML or SVG. */
export interface PageElement {
  textContent: string | null
  className: string
  id: string
  hidden: boolean
  tabIndex: number
  value: string
  checked: boolean
  open: boolean
  scrollTop: number
  scrollLeft: number
  readonly scrollHeight: number
  readonly clientHeight: number
  readonly clientWidth: number
  readonly isConnected: boolean
  readonly style: { setProperty(name: string, value: string): void }
  readonly dataset: Record<string, string | undefined>
  append(...nodes: readonly (PageElement | string)[]): void
  replaceChildren(...nodes: readonly (PageElement | string)[]): void
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: { readonly passive: boolean }): void
  contains(other: PageElement | null): boolean
  closest(selector: string): PageElement | null
  focus(options?: { readonly preventScroll: boolean }): void
  select(): void
  showModal(): void
  close(): void
  remove(): void
}

/** An event of the keyboard, the mouse or a form. */
export interface PageEvent {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly target: PageElement
  preventDefault(): void
}

/** The document of a page. */
export interface PageDocument {
  readonly documentElement: PageElement
  readonly body: PageElement
  readonly activeElement: PageElement | null
  createElement(name: string): PageElement
  createElementNS(namespace: string, name: string): PageElement
  getElementById(id: string): PageElement | null
  addEventListener(type: string, listener: (event: PageEvent) => void): void
}

/** The window of a page. */
export interface PageWindow {
  readonly document: PageDocument
  readonly navigator: { readonly clipboard?: { writeText(text: string): Promise<void> } }
  matchMedia(query: string): { readonly matches: boolean }
  requestAnimationFrame(callback: () => void): number
  addEventListener(type: string, listener: () => void): void
}
