/** A scenario.yaml that fits the schema and can be played, with a comment on each field. */
export function skeletonOf(id: string): string {
  return `schema: perfcase.scenario/1
id: ${id}
# case: a whole story; fault: one cause; pair: two causes at once; control: nothing is wrong.
kind: fault
title: What one sees, in a sentence
# Where it can be played; both when left out: bundled is perfcase kv.
servers: [bundled, redis]
# Drawn from --seed: a span of whole numbers, a list of choices, or a fixed value. "{name}" stands for it everywhere.
vary:
  keys: 2000..4000
  bytes: 20..60
  prefix: [user, cart, item]
# A disk made slow for it; leave it out to use the disk there is.
# disk:
#   fsync: 8ms
# Directives that the server starts with.
server:
  appendonly: "no"
prepare:
  # fill, do (commands, once) or http (a path of perfcase app). "{n}" is the number of the key.
  - fill:
      keys: "{keys}"
      key: "{prefix}:{n}"
      type: string # string, hash, list, set or zset, the last four with items:
      bytes: "{bytes}" # or value: "{any 3}"
# What healthy clients do. Each part is a process of its own: do (commands), http, writes (a file) or spins (a CPU).
load:
  - name: readers
    connections: 4
    rate: 200 # turns a second of all connections; as fast as answered when left out
    do:
      # "{any 100}" is a number below 100, "{text 64}" 64 bytes, "{turn}" and "{connection}" where the client is.
      - [GET, "{prefix}:{any keys}"]
# What makes it ill: parts again, or server (directives at the start), config (CONFIG SET), cpu-limit, memory-limit, tracer.
fault:
  - name: listing
    rate: 2
    do:
      # Also: {ask: [...], as: name}, {let: "{any 100}", as: name}, {each: name, as: item, do: [...]}, {when: name, is: value, do: [...]}, {unless: ...},
      # {pipeline: [[...]], times: 10}, {repeat: 10, do: [...]}, {pause: 5ms}, {reconnect: true}.
      - scan: "{prefix}:*"
        count: 100
        as: page
        do:
          - each: page
            as: key
            do:
              - [GET, "{key}"]
# The part whose turns are timed.
measure: listing
symptom:
  title: The symptom
  why: What one would look at first, and what one finds there.
fixes:
  # config (CONFIG SET), remove (names of faults) or load (a part with instead: NAME).
  - id: mget
    title: "Fix: one MGET for each page"
    why: What it changes, and its price.
    mends: [n-plus-one-reads]
    load:
      - name: listing with MGET
        instead: listing
        rate: 2
        do:
          - scan: "{prefix}:*"
            count: 100
            as: page
            do:
              - [MGET, "{...page}"]
expect:
  top: n-plus-one-reads
  found: [n-plus-one-reads]
  # May be found as well.
  allowed: [scan-small-count]
  notFound: [fsync-per-write]
  # '>=0.5', '<3', '100±10', '100±10%', '6..10'; FINDING.share, FINDING.MEASURE, FIX.seconds, FIX.faster, disk.fsyncMs.
  numbers:
    n-plus-one-reads.share: ">=0.3"
    mget.faster: ">=2"
`;
}

/** The story beside it. */
export function storyOf(id: string): string {
  return `# ${id}

What one sees. Why it is so. What mends it, and the price of that.
`;
}
