import type { BusAdmin } from '../../../bus/admin.ts'
import type { Acl } from '../../../bus/cluster/acl.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure } from '../connection/wire.ts'
import { missingResult } from '../kafka-errors.ts'
import { createAclsApi, deleteAclsApi, describeAclsApi } from '../protocol/administration/acls.ts'
import { ask } from '../protocol/api.ts'
import { until } from './until.ts'

/** Lists, creates and deletes ACLs. */
export function aclAdmin(cluster: KafkaCluster): Pick<BusAdmin, 'listAcls' | 'createAcls' | 'deleteAcls'> {
  const listAcls = () =>
    cluster.retrying({}, async () => {
      const { error, message, acls } = await ask(await cluster.anyBroker(), describeAclsApi, undefined)
      if (error !== 0) throw protocolFailure(error, message, { request: describeAclsApi.name })
      return acls
    })

  const change = (api: typeof createAclsApi, acls: readonly Acl[]) =>
    cluster.retrying({}, async () => {
      const { controller } = await cluster.metadata([])
      // In a KRaft cluster, every broker forwards the request to the controller.
      const broker = await cluster.broker(controller)
      const results = await ask(broker, api, acls)
      if (results.length !== acls.length) throw missingResult(broker.address, api.name, `${acls.length} ACLs`)
      const failed = results.find(({ error }) => error !== 0)
      if (failed !== undefined) throw protocolFailure(failed.error, failed.message, { request: api.name })
    })

  return {
    listAcls,

    async createAcls(acls) {
      if (acls.length === 0) return
      await change(createAclsApi, acls)
      await until(cluster, 'the ACLs were created, but the brokers do not list them yet', async () => {
        const known = new Set((await listAcls()).map(keyOf))
        return acls.every((acl) => known.has(keyOf(acl)))
      })
    },

    async deleteAcls(acls) {
      if (acls.length === 0) return
      await change(deleteAclsApi, acls)
      await until(cluster, 'the ACLs were deleted, but the brokers still list them', async () => {
        const known = new Set((await listAcls()).map(keyOf))
        return !acls.some((acl) => known.has(keyOf(acl)))
      })
    },
  }
}

const keyOf = ({ resource, name, pattern, principal, host, operation, permission }: Acl): string =>
  JSON.stringify([resource, name, pattern, principal, host, operation, permission])
