import type { PageDocument, PageElement } from './dom.ts'

type Child = PageElement | string | undefined | false

/** Creates elements. All texts are set as text, so that no text of a record becomes markup. */
export interface Elements {
  /** Creates an element with a class, which may be empty. */
  html(name: string, className: string, ...children: readonly Child[]): PageElement
  /** Creates an element of SVG with attributes. */
  svg(name: string, attributes: Readonly<Record<string, string | number>>, ...children: readonly Child[]): PageElement
  /** Creates a button. */
  button(label: string, className: string, onClick: () => void): PageElement
  /** Makes invisible and control characters of a text visible. */
  visible(text: string): string
}

/** Runs in the browser, so it refers to nothing outside of itself. */
export function elements(document: PageDocument): Elements {
  const unsafe = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu
  const visible = (text: string): string =>
    text.replace(unsafe, (found) => `\\u{${(found.codePointAt(0) as number).toString(16)}}`)
  const fill = (element: PageElement, children: readonly Child[]): PageElement => {
    for (const child of children) if (child) element.append(typeof child === 'string' ? visible(child) : child)
    return element
  }
  const html: Elements['html'] = (name, className, ...children) => {
    const element = document.createElement(name)
    if (className !== '') element.className = className
    return fill(element, children)
  }
  return {
    html,
    visible,
    svg(name, attributes, ...children) {
      const element = document.createElementNS('http://www.w3.org/2000/svg', name)
      for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value))
      return fill(element, children)
    },
    button(label, className, onClick) {
      const button = html('button', className, label)
      button.setAttribute('type', 'button')
      button.addEventListener('click', onClick)
      return button
    },
  }
}
