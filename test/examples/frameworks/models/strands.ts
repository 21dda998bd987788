/** In the place of the model of the example: a model of Strands as anybody can write one, which says what the test wants. */
import { type BaseModelConfig, type Message, Model, type ModelStreamEvent } from '@strands-agents/sdk';
import { readScript } from './read-script.ts';

class MockModel extends Model {
  readonly #config: BaseModelConfig = { modelId: 'mock' };

  override getConfig(): BaseModelConfig {
    return this.#config;
  }

  override updateConfig(config: BaseModelConfig): void {
    Object.assign(this.#config, config);
  }

  override async *stream(messages: Message[]): AsyncGenerator<ModelStreamEvent> {
    let stopReason: 'endTurn' | 'toolUse' = 'endTurn';
    yield { type: 'modelMessageStartEvent', role: 'assistant' };
    yield { type: 'modelContentBlockStartEvent' };
    for await (const { text, order } of readScript(messages)) {
      if (text !== undefined) {
        yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'textDelta', text } };
        continue;
      }
      stopReason = 'toolUse';
      const input = JSON.stringify({ order });
      yield { type: 'modelContentBlockStopEvent' };
      yield {
        type: 'modelContentBlockStartEvent',
        start: { type: 'toolUseStart', name: 'refund', toolUseId: 'call' },
      };
      yield { type: 'modelContentBlockDeltaEvent', delta: { type: 'toolUseInputDelta', input } };
    }
    yield { type: 'modelContentBlockStopEvent' };
    yield { type: 'modelMessageStopEvent', stopReason };
  }
}

export const model = new MockModel();
