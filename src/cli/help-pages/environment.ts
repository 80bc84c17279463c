import type { HelpPage } from './help-page.ts'
import { HELP_PAGES } from './page-names.ts'

/** The page of `crbus help environment`. */
export const environmentPage: HelpPage = {
  summary: HELP_PAGES.environment,
  sections: [
    {
      title: 'BUS AND STORE',
      text: 'A flag overrides its variable, and a variable overrides the files. "crbus config" shows the settings in force and where each comes from.',
      rows: [
        ['CRBUS_PROFILE', 'profile to use, as --profile'],
        ['CRBUS_BROKERS', 'addresses of the brokers, as --brokers'],
        ['REDPANDA_BROKERS', 'the same, if CRBUS_BROKERS is not set; Rust services read it'],
        ['CRBUS_DATA_DIR', 'folder of the embedded bus, as --data-dir'],
        ['CRBUS_STORE, DATABASE_URL', 'event store, as --store'],
        ['CRBUS_SCHEMAS', 'schema file or folder, as --schema'],
        ['CRBUS_MASK_KEY', 'key of the pseudonyms of "crbus replay", as --mask-key'],
        ['CRBUS_REGISTRY', 'schema registry, as --registry'],
        ['CRBUS_REGISTRY_USERNAME', 'name of the user at the registry'],
        ['CRBUS_REGISTRY_PASSWORD', 'password of the user at the registry'],
      ],
    },
    {
      title: 'TLS AND LOGIN',
      text: 'Each stands for a connection setting of -X. A secret may also be env:NAME, file:PATH, cmd:PROGRAM or keyring:NAME, which say where it is.',
      rows: [
        ['CRBUS_SECURITY_PROTOCOL', 'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL'],
        ['CRBUS_TLS', '1 to connect with TLS, 0 to connect without it'],
        ['CRBUS_TLS_CA', 'file with the authorities to trust'],
        ['CRBUS_TLS_CERT, CRBUS_TLS_KEY', 'files with the certificate and key of the client'],
        ['CRBUS_TLS_PFX', 'file with both, as PKCS #12'],
        ['CRBUS_TLS_KEY_PASSPHRASE', 'passphrase of the key'],
        ['CRBUS_TLS_SERVER_NAME', 'host name of the certificate of the brokers'],
        ['CRBUS_TLS_ANY_HOST_NAME', '1 to accept a certificate for another host'],
        ['CRBUS_TLS_INSECURE', '1 to accept any certificate'],
        ['CRBUS_SASL_MECHANISM', 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM'],
        ['CRBUS_SASL_USERNAME', 'name of the user'],
        ['CRBUS_SASL_PASSWORD', 'password of the user'],
        ['CRBUS_SASL_TOKEN', 'token for OAUTHBEARER'],
        ['CRBUS_SASL_TOKEN_URL', 'server that issues tokens'],
        ['CRBUS_SASL_CLIENT_ID', 'client at the token server'],
        ['CRBUS_SASL_CLIENT_SECRET', 'secret of the client'],
        ['CRBUS_SASL_SCOPE', 'scope of the token'],
        ['CRBUS_SASL_EXTENSIONS', 'extensions of OAUTHBEARER'],
        ['CRBUS_SASL_REGION', 'region of AWS'],
      ],
    },
    {
      title: 'OUTPUT',
      rows: [
        ['NO_COLOR', 'print without colors'],
        ['FORCE_COLOR', 'print colors also into a pipe; 0 prints none'],
        ['CRBUS_LOG', 'log lines on stderr: debug, info, warn or error'],
        ['TZ', 'time zone of text; see "crbus help times"'],
        ['VISUAL, EDITOR', 'editor for the data of an event'],
      ],
    },
    {
      title: 'FOLDERS',
      rows: [
        ['XDG_CONFIG_HOME', 'folder of crbus/config.json (default: ~/.config)'],
        ['XDG_DATA_HOME', 'folder of the embedded bus (default: ~/.local/share)'],
        ['XDG_STATE_HOME', 'folder of undo files and choices (default: ~/.local/state)'],
        ['XDG_CACHE_HOME', 'folder of downloads and names for completion (default: ~/.cache)'],
        ['CRBUS_KAFKA_JARS', 'folder of the jars of Kafka for "crbus up"'],
      ],
    },
  ],
}
