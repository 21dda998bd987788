import type { NewRecord } from '../record-store.js';
import { toStateText } from '../values/text.js';

/** All of a record but its text: each field is named, so that all records have one shape, which the engine knows. */
export type RecordFields = {
  readonly [Field in keyof Required<Omit<NewRecord, 'text' | 'utf8' | 'prefersCompact'>>]: NewRecord[Field];
};

/** A record whose text is made when it is first read: a backend in memory never does. */
export class LazyRecord implements NewRecord {
  readonly revision: string;
  readonly lineage: string | undefined;
  readonly token: number | undefined;
  readonly parts: string | undefined;
  readonly attributes: NewRecord['attributes'];
  readonly expiresAt: number | undefined;
  readonly updatedAt: number;
  readonly entityType: string;
  readonly data: NewRecord['data'];
  readonly utf8: NewRecord['utf8'];
  #text: NewRecord['text'] | undefined;

  constructor(fields: RecordFields, text?: NewRecord['text'], utf8?: NewRecord['utf8']) {
    this.revision = fields.revision;
    this.lineage = fields.lineage;
    this.token = fields.token;
    this.parts = fields.parts;
    this.attributes = fields.attributes;
    this.expiresAt = fields.expiresAt;
    this.updatedAt = fields.updatedAt;
    this.entityType = fields.entityType;
    this.data = fields.data;
    this.utf8 = utf8;
    this.#text = text;
  }

  get text(): NewRecord['text'] {
    this.#text ??= toStateText(this.data);
    return this.#text;
  }
}
