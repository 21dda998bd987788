import type { NewRecord } from '../record-store.js';
import type { SerializedData } from '../values/plain-data.js';
import type { Snapshot } from '../values/snapshot.js';
import { fromStateText, toStateText } from '../values/text.js';

/** All of a record but what it holds: each field is named, so that all records have one shape, which the engine knows. */
export type RecordFields = {
  readonly [Field in keyof Required<
    Omit<NewRecord, 'data' | 'snapshot' | 'text' | 'utf8' | 'prefersCompact'>
  >]: NewRecord[Field];
};

class RecordHead {
  readonly revision: string;
  readonly lineage: string | undefined;
  readonly token: number | undefined;
  readonly parts: string | undefined;
  readonly attributes: NewRecord['attributes'];
  readonly expiresAt: number | undefined;
  readonly updatedAt: number;
  readonly entityType: string;
  readonly utf8: NewRecord['utf8'];

  constructor(fields: RecordFields, utf8: NewRecord['utf8']) {
    this.revision = fields.revision;
    this.lineage = fields.lineage;
    this.token = fields.token;
    this.parts = fields.parts;
    this.attributes = fields.attributes;
    this.expiresAt = fields.expiresAt;
    this.updatedAt = fields.updatedAt;
    this.entityType = fields.entityType;
    this.utf8 = utf8;
  }
}

/** A record whose text is made when it is first read: a backend in memory never does. */
export class DataRecord extends RecordHead implements NewRecord {
  readonly data: SerializedData;
  #text: NewRecord['text'] | undefined;

  constructor(
    fields: RecordFields,
    data: SerializedData,
    text?: NewRecord['text'],
    utf8?: NewRecord['utf8'],
  ) {
    super(fields, utf8);
    this.data = data;
    this.#text = text;
  }

  get text(): NewRecord['text'] {
    this.#text ??= toStateText(this.data);
    return this.#text;
  }
}

/** A record whose data and text are made if they are read: a backend that keeps the snapshot reads neither. */
export class SnapshotRecord extends RecordHead implements NewRecord {
  readonly snapshot: Snapshot;
  #data: SerializedData | undefined;

  constructor(fields: RecordFields, snapshot: Snapshot) {
    super(fields, undefined);
    this.snapshot = snapshot;
  }

  get data(): SerializedData {
    this.#data ??= this.snapshot.toData();
    return this.#data;
  }

  get text(): NewRecord['text'] {
    return toStateText(this.data);
  }
}

/** A record whose data is made of its text if it is read: a backend that keeps text never does. */
export class TextRecord extends RecordHead implements NewRecord {
  readonly text: string;

  constructor(fields: RecordFields, text: string, utf8: NewRecord['utf8']) {
    super(fields, utf8);
    this.text = text;
  }

  get data(): SerializedData {
    return fromStateText(this.text);
  }
}
