import { type BaseCheckpointSaver, emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import type { Message } from '../../dist/domain/message-store.js';

/** A conversation as LangGraph keeps one: a channel of all messages, in a checkpoint of each step. */
export class MessageCheckpoints {
  readonly #saver: BaseCheckpointSaver;
  readonly #messages: Message[] = [];
  #config: object = { configurable: { thread_id: 'session', checkpoint_ns: '' } };

  constructor(saver: BaseCheckpointSaver) {
    this.#saver = saver;
  }

  async append(message: Message): Promise<void> {
    this.#messages.push(message);
    const step = this.#messages.length;
    const versions = { messages: step };
    const checkpoint = {
      ...emptyCheckpoint(),
      channel_values: { messages: this.#messages },
      channel_versions: versions,
    };
    const source = message.role === 'user' ? 'input' : 'loop';
    this.#config = await this.#saver.put(this.#config, checkpoint, { source, step, parents: {} }, versions);
  }

  open(): Promise<unknown> {
    return this.#saver.getTuple({ configurable: { thread_id: 'session', checkpoint_ns: '' } });
  }
}
