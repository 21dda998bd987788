/** What the attributes are called that every item may have besides its key and its expiry. No option may give one of these names. */
export const ownNames = {
  entityType: 'entityType',
  data: 'state',
  notes: 'stateNotes',
  updatedAt: 'updatedAt',
  revision: 'revision',
  token: 'fencingToken',
  lineage: 'lineage',
  parts: 'parts',
} as const;
