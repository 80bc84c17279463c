import type { Expression, Meta, RustFunction } from '../ast.ts'
import { childOf, Source, type SyntaxNode } from '../source.ts'
import { parseRust } from './parse.ts'

/** A function whose body is parsed on first use, because `readRust` skips bodies (see `rangesOutsideBodies`). */
export class LazyFunction implements RustFunction {
  readonly name: string
  readonly attributes: readonly Meta[]
  readonly #node: SyntaxNode
  readonly #source: Source
  #body: Expression | undefined

  constructor(name: string, attributes: readonly Meta[], node: SyntaxNode, source: Source) {
    this.name = name
    this.attributes = attributes
    this.#node = node
    this.#source = source
  }

  get body(): Expression | undefined {
    if (this.#body || !childOf(this.#node, 'Block')) return this.#body
    const source = new Source(this.#source.file, this.#source.textOf(this.#node), this.#source.lineOf(this.#node))
    const whole = childOf(parseRust(source.text), 'FunctionItem')
    const node = whole && childOf(whole, 'Block')
    this.#body = node && { node, source }
    return this.#body
  }
}
