/** What to make of the numbers, by measure: why a target is missed, and what that is worth. */
export const findings: Readonly<Record<string, string>> = {
  dynamodb:
    'From 20 KB on the store is faster than a save by hand, since it sends less. Up to 2 KB the target is missed by 0.11 to 0.2: half of that is the condition, which a save by hand does not have and could lose an update without, as the column with the condition shows. The rest is what such a server spends on a larger request and what the machine does between two processes: against a client that answers at once, a save and a load take the store 25 µs, of 1,600.',
  turns:
    'The units follow from what is sent: a compressed state from 4 KB on, and nothing for the state with status `created`. Below 4 KB a warm turn costs what native maps cost.',
  redis:
    "The target of 1.1 is missed: by 0.24 and 0.33 up to 2 KB, which is some 50 µs for a save and a load together. Half of that time the process waits for the other one. In a CPU profile at 2 KB with a `set` and a `get` by hand beside it, writing to the socket is 43 %, JSON 8 %, the garbage collector 7 %, the copy and its check 4 %, the hash of the revision and its random number 5 %; the script that compares the revision takes Redis 3 to 5 µs more than a `SET`. Above 4 KB it is gzip: at 20 KB 48 µs to compress and 30 µs to expand, at 200 KB 1.4 ms and 0.3 ms, in exchange for two thirds of the memory and the traffic (next table). Level 2 is used here, which takes half the time of the usual 6 for a tenth more bytes. `compression: 'off'` takes it away, and leaves the copy, the check, the hash, and what Lua needs to take a long argument.",
  conversation: 'The fewest bytes by far; in requests equal to keyv, which also needs one for each call.',
  encoding:
    "One walk checks and copies a state and lists what is not JSON in it; nothing else looks at every value but the marshalling itself. What is not JSON is written in superjson's format without superjson, which walks everything.",
  'memory-store':
    'The target is met but for the smallest states. Of the 8 µs of a plain one of 0.3 KB, copying, encoding and decoding take 3, less than two clones; the others are the promises of two calls, the queue that keeps them in order, and 15 % garbage, where `structuredClone` has no call to make. The eleven rich values of a rich state cost 10 µs, whatever its size, to write them as data and to read them again: what a test sees of its store has gone through the serializer, as in production.',
  server:
    "Of the two targets one is met: 0.6 times a bare `node:http`. Twice the turns of AWS's server, which writes all events of this turn in one tick too and keeps no session, is about what the bare handler reaches, and no server on `node:http` that does more than that. In a CPU profile at 32 sessions, `writev` is 26 %, the garbage collector 7 %, and the text of the events 15 %, about as much as JSON takes by itself; the rest is spread thin over Node's own streams, the promises of a turn, its context (`AsyncLocalStorage`), its headers and its body. In the bare handler, writing is 63 % and JSON 16 %.",
  loading:
    'An entry point is one file and a few that it shares with others, and loads what it needs with the first request: the SDK, a client, `node:crypto`.',
  growth:
    'The work of a save does not grow: of one session it takes as long among 100,000 as among 100. Sessions at random take 5 µs more in one store and 6 µs more in the other, and the target is missed by 0.04 and 0.82: what is known of each, and of those that were used before and after it, is in memory that no cache holds, and the in-memory store gives the garbage collector 100,000 sessions to look after besides. Collecting garbage is 1.1 of the 9.4 µs of such a save in memory, and 0.5 of the 4.4 µs among 100. Of most sessions an instance keeps the id and the revision and nothing else. The memory counts the map that holds them, and their order.',
};
