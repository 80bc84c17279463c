import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const page = gunzipSync(readFileSync(`${root}dist/crbus.1.gz`)).toString()
const groff = (...words: readonly string[]) => execa('groff', ['-man', '-ww', ...words], { input: page })

describe('the man page', () => {
  test('has no errors and no warnings of groff', async () => {
    expect(await groff('-z', '-Tutf8')).toMatchObject({ stdout: '', stderr: '' })
  })

  test('has every command, and shows backslashes, quotes and hyphens as they are typed', async () => {
    const { stdout } = await groff('-Tutf8', '-P-bcou', '-rLL=200n')
    const { commands } = JSON.parse(readFileSync(`${root}oclif.manifest.json`, 'utf8')) as { readonly commands: object }
    const text = stdout.replaceAll(/ +/g, ' ')
    for (const id of Object.keys(commands)) expect(text).toContain(`\n crbus ${id.replaceAll(':', ' ')}`)
    expect(text).toContain(`crbus publish order-events --type OrderPlaced.v1 --data '{"order_id":"o-1"}'`)
    expect(text).toContain('\\n \\t \\xNN')
    expect(text).toContain('crbus reset --group billing --topic order-events --to @-1h --dry-run')
  })
})
