/** What to make of the numbers, by measure: why a target is missed, and what that is worth. */
export const findings: Readonly<Record<string, string>> = {
  dynamodb:
    'From 20 KB on the store is faster than a save by hand, since it sends less. Below that the target is missed, on dynalite mostly for the condition of a save, which a save by hand does not have: at 2 KB, in one run, a put and a get by hand took 3.27 ms, 4.19 ms with the same condition on the put, and the store 4.35 ms. On DynamoDB Local the three took 2.03, 2.08 and 2.20 ms. (As it was first written, with nested parentheses, the condition alone took dynalite another 0.8 ms.) The rest is the fixed cost of a call, some 10 µs, which the table of the in-memory store shows by itself, and what the machine does besides: the spread is wide.',
  turns:
    'The units follow from what is sent: a compressed state from 4 KB on, and nothing for the state with status `created`. Below 4 KB a warm turn costs what native maps cost.',
  redis:
    "The target of 1.1 is missed. Up to 4 KB the difference is the script that compares the revision, with its arguments, against a bare `SET` that can lose an update: some 35 µs for a save and a load together. Above that it is gzip, which costs time beside a server on the same machine and saves two thirds of the memory and the network traffic (next table); `compression: 'off'` takes it away, and leaves the copy, the check and the hash of the revision.",
  conversation: 'The fewest bytes by far; in requests equal to keyv, which also needs one for each call.',
  encoding:
    'One walk checks and copies a state and lists what is not JSON in it; nothing else looks at every value but the marshalling itself. For rich states of up to 2 KB the target is missed: they hold six rich values in next to no text, and what is left is superjson itself, which writes the `Map` and the `Set` in one call and reads them in another. Writing those without superjson would close the gap.',
  'memory-store':
    'The target is met at 20 KB and missed elsewhere. Up to 2 KB it is the fixed cost of two calls under the promises of a store: a SHA-256 over the text for the revision, a UUID, the queue that keeps calls in order, and their promises, about 8 µs together, where `structuredClone` has no call to make. In a profile, before the walks were joined, of the time that was ours: `JSON.parse` 24 %, `JSON.stringify` 23 %, the encoding walk 18 %, random bytes 12 %, the hash 9 %, the rest of copying 15 %. The parsing, the encoding walk and the random bytes are gone since; the text for the hash is what is left at 200 KB. For rich states it is superjson, as above.',
  server:
    "The targets are missed. The profile of a server under 32 sessions shows the work around the events rather than the events: `writev` 10 %, garbage 5 %, then `makeTransferable`, `createAbortSignal` and undici's `Request`, 5 % together, which build a Web request with its signal for every turn, and the opening of the random device for an id; formatting the events takes 2 %. A turn also waits for `setImmediate` before its first write, which joins events and costs time where a connection has one turn after another. The AWS server writes all events of this turn in one tick too, and keeps no session. Joining events and writing straight to the response are in place already; answering without a Web request is not.",
  loading:
    'Each file is loaded by itself, and a store is some twenty small files: that is what `./stores/memory` takes above 10 ms on this machine. Publishing each entry point as one file has not been tried. The machine was not idle in this run, and the times of loading vary most with that.',
  growth:
    'Of most sessions an instance keeps the id and the revision and nothing else. The memory counts the map that holds them.',
};
