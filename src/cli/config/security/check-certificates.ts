import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { UsageError } from '../../errors.ts'
import { hint, run, type Suggestion } from '../../suggestions.ts'

/** Certificates and keys of a connection, as they were read. */
interface Material {
  readonly ca: string | undefined
  readonly cert: string | undefined
  /** Absent: the key is in the text of `cert`. */
  readonly key: string | undefined
  readonly pfx: Buffer | undefined
  readonly passphrase: string | undefined
}

const names = {
  ca: 'the certificate of the authority (tls.ca)',
  cert: 'the client certificate (tls.cert)',
  key: 'the key of the client certificate (tls.key)',
  pfx: 'the PKCS #12 file (tls.pfx)',
} as const

const PASSPHRASE = hint('set "keyPassphrase" in "tls" of the profile, or CRBUS_TLS_KEY_PASSPHRASE')
const PFX = hint('for a PKCS #12 file, set tls.pfx instead of tls.cert and tls.key')

const fail = (name: keyof typeof names, problem: string, ...suggestions: readonly Suggestion[]) =>
  new UsageError(`${names[name]} ${problem}`, suggestions)

/**
 * Checks certificates and keys before anything is sent, and throws a `UsageError` that names the wrong one. OpenSSL would ignore an
 * authority that it cannot parse, and describes other problems in its own terms.
 */
export function checkCertificates({ ca, cert, key, pfx, passphrase }: Material): void {
  if (ca !== undefined) certificatesIn('ca', ca)
  if (pfx !== undefined) checkStore(pfx, passphrase)
  if (cert !== undefined) checkPair(cert, key, passphrase)
}

/** Matches a PEM block, up to its last line or the end of the text. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(?:(?!-----BEGIN)[\s\S])*?(?:-----END \1-----|(?=-----BEGIN)|$)/g

const blocksOf = (pem: string) => [...pem.matchAll(BLOCK)].map(([text, label = '']) => ({ text, label }))

const isKey = (label: string): boolean => label.endsWith('PRIVATE KEY')

function certificatesIn(name: 'ca' | 'cert', pem: string): X509Certificate[] {
  const blocks = blocksOf(pem)
  const certificates = blocks.filter(({ label }) => label.endsWith('CERTIFICATE'))
  if (certificates.length === 0) {
    const found = blocks.some(({ label }) => isKey(label)) ? 'a private key' : `a ${blocks[0]?.label ?? 'text'}`
    throw fail(name, `holds ${found.toLowerCase()}, but no certificate`)
  }
  return certificates.flatMap(({ text, label }, at) => {
    // Only OpenSSL itself parses its format TRUSTED CERTIFICATE.
    if (label === 'TRUSTED CERTIFICATE') return []
    try {
      return [new X509Certificate(text)]
    } catch {
      const which = certificates.length === 1 ? 'it' : `certificate ${at + 1} of ${certificates.length}`
      throw fail(name, `cannot be parsed: ${which} is cut off or damaged`)
    }
  })
}

function checkPair(cert: string, key: string | undefined, passphrase: string | undefined): void {
  const keys = blocksOf(key ?? cert).filter(({ label }) => isKey(label))
  const isSwapped = key !== undefined && keys.length === 0 && blocksOf(cert).some(({ label }) => isKey(label))
  if (isSwapped) throw fail('cert', 'holds a private key, and tls.key a certificate', hint('swap tls.cert and tls.key'))
  const [first] = certificatesIn('cert', cert)
  const [block] = keys
  if (block === undefined) {
    if (key !== undefined) throw fail('key', 'holds no private key')
    throw fail(
      'cert',
      'holds no private key, and tls.key is not set',
      hint('set tls.key, CRBUS_TLS_KEY or -X ssl.key.location'),
    )
  }
  const owned = parseKey(block.text, passphrase)
  if (first !== undefined && !first.checkPrivateKey(owned))
    throw fail('key', 'belongs to another certificate than tls.cert')
}

function parseKey(pem: string, passphrase: string | undefined) {
  const isEncrypted = pem.includes('ENCRYPTED')
  if (isEncrypted && passphrase === undefined) throw fail('key', 'is encrypted, but no passphrase is set', PASSPHRASE)
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) })
  } catch {
    if (isEncrypted)
      throw fail('key', 'cannot be decrypted: the passphrase is wrong, or the key is damaged', PASSPHRASE)
    throw fail('key', 'cannot be parsed: it is cut off or damaged')
  }
}

/** The version of a PKCS #12 file, 3, with which it begins after its length (RFC 7292, 4). */
const PFX_VERSION = Buffer.from([0x02, 0x01, 0x03])

function checkStore(pfx: Buffer, passphrase: string | undefined): void {
  if (pfx.includes('-----BEGIN')) throw fail('pfx', 'is PEM', hint('set tls.cert and tls.key to PEM files'))
  // A length takes one to five bytes.
  if (pfx[0] !== 0x30 || !pfx.subarray(0, 10).includes(PFX_VERSION)) throw fail('pfx', 'is not PKCS #12')
  try {
    createSecureContext({ pfx, ...(passphrase !== undefined && { passphrase }) })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_CRYPTO_UNSUPPORTED_OPERATION') {
      throw fail('pfx', 'uses an encryption that Node does not support', hint('export it again with AES'))
    }
    const reason = passphrase === undefined ? 'it needs a passphrase' : 'the passphrase is wrong'
    throw fail('pfx', `cannot be opened: ${reason}, or the file is damaged`, PASSPHRASE)
  }
}

/** Returns a PEM text with its line breaks. Variables often hold them as `\n`. Throws a `UsageError` for another format. */
export function pemText(name: 'ca' | 'cert' | 'key', text: string): string {
  if (text.includes('-----BEGIN')) return text.includes('\n') ? text : text.replaceAll('\\n', '\n')
  // DER begins with a sequence.
  if (text.charCodeAt(0) !== 0x30) {
    const where = hint('name another file; "crbus config" shows where the setting comes from')
    throw fail(name, 'is not PEM: it has no line "-----BEGIN …-----"', where)
  }
  const kind = name === 'key' ? 'pkey' : 'x509'
  throw fail(
    name,
    'is not PEM, but probably DER',
    run(`openssl ${kind} -inform der -in FILE -out FILE.pem`, 'converts it'),
    PFX,
  )
}

/** Describes each text for errors about reading it. */
export const certificateNames = names
