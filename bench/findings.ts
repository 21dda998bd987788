/** What to make of the numbers, by measure: why a target is missed, and what that is worth. */
export const findings: Readonly<Record<string, string>> = {
  dynamodb:
    'From 20 KB on the store is faster than a save by hand, since it sends less. Up to 2 KB the target is missed by 0.15 to 0.26. About half of that is the condition, which a save by hand does not have and could lose an update without, as the column with the condition shows. The rest is what such a server spends on a larger request, which names the last revisions too, and what the machine does between two processes: against a client that answers at once, a save and a load take the store some 35 µs, of 2,300.',
  turns:
    'The units follow from what is sent: a compressed state from 4 KB on, and nothing for the state with status `created`. Below 4 KB a warm turn costs what native maps cost, but for a state just under a whole number of KB: the revision and the last eight before it take up to 110 bytes.',
  redis:
    'The target of 1.1 is missed: by 0.6 up to 2 KB, which is some 120 µs for a save and a load together, and by 1.3 and 1.4 above. It pays for what `SET` and `GET` do not do: the state is checked and copied, the revision is a hash over it and over random bytes from the kernel, and a script compares the revision. Above 4 KB half of it is gzip, as the column without it shows, in exchange for two thirds of the memory and the traffic (next table). Level 2 is used here, which takes half the time of the usual 6 for a tenth more bytes.',
  conversation: 'The fewest bytes by far; in requests equal to keyv, which also needs one for each call.',
  history:
    'What three permissions, one atomic write for several messages, no second copy after a lost answer, and a clear of one write cost: about twice the write units for messages of 0.2 KB, and four times for 1 KB, since each append writes the newest messages and the names of the parts again. From 4 KB on it costs what an item per message does, and at 20 KB half of it, since parts are compressed. Opening needs a request for each part, all at once.',
  encoding:
    "One walk checks and copies a state and lists what is not JSON in it; nothing else looks at every value but the marshalling itself. What is not JSON is written in superjson's format without superjson, which walks everything.",
  'memory-store':
    'The target is met but for the smallest states: missed by 0.9 for the smallest plain one, and by 2.7 and 0.4 for rich ones of up to 2 KB. Copying, encoding and decoding take less than two clones; the others are the promises of two calls, the queue that keeps them in order, the limit of a state, its lineage, and the garbage of all that, where `structuredClone` has no call to make. What a test sees of its store has gone through the serializer, as in production.',
  server:
    "Both targets are missed at 32 and 256 sessions: by 0.15 against a bare `node:http` handler, which writes without a session, a body or a turn to look after, and by 0.9 against twice the turns of AWS's server, which writes all events of this turn in one tick too and keeps no session. How far a server on `node:http` is from the bare one depends on the machine: the handler itself makes here half again as many turns as on the one measured before. One session at a time meets the first.",
  loading:
    'An entry point is one file and a few that it shares with others, and loads what it needs with the first request: the SDK, a client, `node:crypto`.',
  growth:
    'The work of a save does not grow: of one session it takes as long among 100,000 as among 100. Sessions at random take 6 µs more in one store and 7 µs more in the other; the target is met in DynamoDB and missed by 0.5 in memory: what is known of each, and of those that were used before and after it, is in memory that no cache holds, and the in-memory store gives the garbage collector 100,000 sessions to look after besides. Of a session that was saved once, a holder keeps the id and the revision; of one that was saved again, up to 96 bytes of earlier revisions too. The memory counts the map that holds them, and their order.',
};
