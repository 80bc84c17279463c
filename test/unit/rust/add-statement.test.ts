import { describe, expect, test } from 'vitest'
import { addRustStatement } from '../../../src/rust/edit/add-statement.ts'

const module = `//! A shop.

pub async fn run(service: &Service) -> Result<(), Failure> {
    let mut parts = JoinSet::new();
    // The first.
    parts.spawn(service::until_stopped(service.clone())); // ends it
    other.spawn(aggregates::order::run());
    while let Some(ended) = parts.join_next().await {
        parts.spawn(again());
    }
    Ok(())
}

fn walk() {}
`
const spawn = (name: string) => `parts.spawn(aggregates::${name}::run(service.clone()));`
const add = (text: string, name: string, statement: string) => addRustStatement(text, name, statement)

describe('addRustStatement', () => {
  test('adds the statement after the last call of the same function, ignoring nested blocks', () => {
    const added = add(module, 'run', spawn('order'))
    expect(added).toBe(module.replace('// ends it', `// ends it\n    ${spawn('order')}`))
    expect(add(added as string, 'run', spawn('stock'))).toBe(
      module.replace('// ends it', `// ends it\n    ${spawn('order')}\n    ${spawn('stock')}`),
    )
  })

  test('does not add a statement that the function already has', () => {
    const added = add(module, 'run', spawn('order')) as string
    expect(add(added, 'run', spawn('order'))).toBe(added)
  })

  test('finds a function that has an attribute', () => {
    const text = '#[tokio::main]\nasync fn main() {\n  go(1);\n}\n'
    expect(add(text, 'main', 'go(2);')).toBe('#[tokio::main]\nasync fn main() {\n  go(1);\n  go(2);\n}\n')
  })

  test.each([
    ['the module does not have the function', module, 'ran'],
    ['the function does not call the same function', module, 'walk'],
    ['the text is not valid Rust', `fn }{ ${module}`, 'run'],
    ['the text is empty', '', 'run'],
  ])('returns undefined if %s', (_, text, name) => {
    expect(add(text, name, spawn('order'))).toBeUndefined()
  })
})
