import { z } from 'zod';
import { DEFAULT_PORT } from '../../protocol/message.ts';
import { explainImageReference, IMAGE_REFERENCE_PATTERN, isImageReference } from '../../shared/image-reference.ts';
import { MAX_NODES, MAX_PIDS, MIN_CPUS, MIN_MEMORY_BYTES } from '../model/limits.ts';
import { normalizeConstraint, PLACEMENT_CONSTRAINT_PATTERN } from '../model/placement-constraint.ts';
import { suggestCores, suggestMemoryLimits } from '../model/suggest-units.ts';
import { MEMORY_SIZE_PATTERN, parseMemorySize } from '../model/units.ts';
import { booleanSchema, integerSchema, NamePrefixSchema, textSchema } from './scalars.ts';

const NodeCountSchema = integerSchema('Number of nodes.', 1, MAX_NODES).meta({ examples: [20] });

const ScalarSchema = z.union([textSchema, z.number(), z.boolean()]).meta({
  expected: 'a string, a number, true or false',
});

const EnvSchema = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/)
      .meta({ expected: 'a variable name of letters, digits and _ . -, not starting with a digit' }),
    ScalarSchema,
  )
  .meta({
    expected: 'a map of variables to values',
    description: "Environment variables, merged with those of defaults. A node's own win.",
    examples: [{ LOG_LEVEL: 'debug' }],
  });

const LabelsSchema = z
  .record(
    z
      .string()
      .regex(/^(?!devnet(\.|$))[a-zA-Z0-9]([a-zA-Z0-9._/-]*[a-zA-Z0-9])?$/)
      .meta({ expected: 'a label of letters, digits and inner . _ / -, not starting with devnet. (reserved)' }),
    ScalarSchema,
  )
  .meta({
    expected: 'a map of labels to values',
    description: "Labels of the container, merged with those of defaults. A node's own win.",
    examples: [{ team: 'red' }],
  });

const ConstraintSchema = z.string().regex(PLACEMENT_CONSTRAINT_PATTERN).meta({
  expected: 'a condition on a label of hosts, such as region == eu or disk != hdd',
});

const ConstraintsSchema = z
  .union([ConstraintSchema, z.array(ConstraintSchema).min(1)])
  .meta({
    expected: 'conditions on labels of hosts, such as [region == eu, disk != hdd]',
    description: 'Conditions on the labels of the host, on the swarm runtime; it meets all of them. Default: none.',
    examples: ['region == eu', ['region == eu', 'disk != hdd']],
  })
  .transform((constraints) => [constraints].flat().map(normalizeConstraint));

/** Words are split at white space. Anything that a shell would interpret is refused. */
const CommandSchema = z
  .union([textSchema.regex(/^\s*[^\s"'`$|&;<>\\()*?]+(\s+[^\s"'`$|&;<>\\()*?]+)*\s*$/), z.array(textSchema).min(1)])
  .meta({
    expected: 'a list of strings, or plain words without quotes or shell signs',
    description: "Replaces the image's command. No shell reads it: words are split at spaces; use a list for the rest.",
    examples: ['node main.js --verbose', ['sh', '-c', 'echo "$HOME"']],
  })
  .transform((command) => (typeof command === 'string' ? command.trim().split(/\s+/) : command));

const MemorySchema = z
  .union([z.int().min(MIN_MEMORY_BYTES), z.string().regex(MEMORY_SIZE_PATTERN)])
  .meta({
    expected: 'a memory size of at least 6m, such as 64m or 1.5g',
    description: 'Memory limit: bytes, or a number with b, k, m or g (powers of 1024).',
    examples: ['64m', '0.5g'],
    default: '128m',
  })
  .transform((memory) => (typeof memory === 'string' ? parseMemorySize(memory) : memory))
  .pipe(z.int().min(MIN_MEMORY_BYTES))
  .meta({ suggest: suggestMemoryLimits });

export const ImageReferenceSchema = z
  .string()
  .regex(IMAGE_REFERENCE_PATTERN)
  .refine(isImageReference)
  .meta({
    expected: 'the name of an image',
    explain: (value: unknown) => (typeof value === 'string' ? explainImageReference(value) : undefined),
    description: 'Image to run. Default: the node that comes with devnet.',
    examples: ['my-node:latest', 'registry.example:5000/team/node:1.0'],
  });

const CAPABILITIES = [
  ...['AUDIT_CONTROL', 'AUDIT_READ', 'AUDIT_WRITE', 'BLOCK_SUSPEND', 'BPF', 'CHECKPOINT_RESTORE', 'CHOWN'],
  ...['DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'IPC_LOCK', 'IPC_OWNER', 'KILL', 'LEASE'],
  ...['LINUX_IMMUTABLE', 'MAC_ADMIN', 'MAC_OVERRIDE', 'MKNOD', 'NET_ADMIN', 'NET_BIND_SERVICE', 'NET_BROADCAST'],
  ...['NET_RAW', 'PERFMON', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYSLOG', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_CHROOT'],
  ...['SYS_MODULE', 'SYS_NICE', 'SYS_PACCT', 'SYS_PTRACE', 'SYS_RAWIO', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG'],
  'WAKE_ALARM',
] as const;

const nodeSettingsFields = {
  image: ImageReferenceSchema.optional(),
  command: CommandSchema.optional(),
  cwd: textSchema
    .min(1)
    .meta({
      expected: 'the path of a folder',
      description:
        'Working directory of the program, on the namespaces runtime. A relative path starts where devnet was started, which is also the default.',
      examples: ['nodes/python'],
    })
    .optional(),
  env: EnvSchema.optional(),
  port: z
    .int()
    .min(1)
    .max(65535)
    .meta({
      expected: 'a port, a whole number from 1 to 65535',
      description: 'TCP port that the node listens on.',
      default: DEFAULT_PORT,
    })
    .optional(),
  memory: MemorySchema.optional(),
  cpus: z
    .number()
    .min(MIN_CPUS)
    .meta({
      suggest: suggestCores,
      expected: `a number of cores, at least ${MIN_CPUS}`,
      description: 'Processor limit in cores. Default: none.',
      examples: [0.5],
    })
    .optional(),
  host: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/)
    .meta({
      expected: 'the name of a host',
      description: 'Host that runs it, on the swarm runtime: a name of docker node ls. Default: one with room.',
      examples: ['worker-2'],
    })
    .optional(),
  spread: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/)
    .meta({
      expected: 'the name of a label of hosts',
      description:
        'Label of hosts, on the swarm runtime: the nodes are spread evenly over its values, as over regions. Default: by what is free.',
      examples: ['region'],
    })
    .optional(),
  constraints: ConstraintsSchema.optional(),
  labels: LabelsSchema.optional(),
  metrics: z
    .strictObject({
      port: integerSchema('TCP port of the endpoint.', 1, 65_535),
      path: z
        .string()
        .regex(/^\/[!-~]*$/)
        .default('/metrics')
        .meta({ expected: 'a path that begins with /', description: 'Path of the endpoint.' }),
    })
    .meta({
      expected: 'an endpoint: a port, and a path',
      description: "Endpoint of the node's own for Prometheus, which devnet metrics reads too.",
      examples: [{ port: 9100, path: '/metrics' }],
    })
    .optional(),
  user: z
    .union([z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/), z.int().min(0)])
    .meta({
      expected: 'a user as name, uid or uid:gid',
      description: 'User to run as. Default: an unprivileged one.',
      examples: ['1000:1000'],
    })
    .transform(String)
    .optional(),
  writable: booleanSchema('True: the root file system is writable.', false),
  capabilities: z
    .array(z.enum(CAPABILITIES).meta({ expected: 'a Linux capability such as NET_RAW' }))
    .meta({
      expected: 'a list of Linux capabilities such as NET_RAW',
      description: 'Linux capabilities to keep. Default: none.',
      examples: [['NET_RAW']],
    })
    .optional(),
  pids: integerSchema('Limit of processes and threads.', 1, MAX_PIDS).optional(),
};

export const DeclaredNodeSettings = z.strictObject(nodeSettingsFields).meta({
  id: 'Settings',
  expected: 'a map of settings',
  description: 'Settings of a node. Omitted ones come from defaults.',
});
export type DeclaredNodeSettings = z.output<typeof DeclaredNodeSettings>;

export const NodeGroupSchema = z.strictObject({ count: NodeCountSchema, ...nodeSettingsFields }).meta({
  id: 'Group',
  expected: 'a group: a count and settings',
  description:
    'Numbered nodes with the same settings: w with count 3 is w1, w2, w3, and w in a link means all of them.',
});

export const CountedNodesSchema = z
  .strictObject({ count: NodeCountSchema, prefix: NamePrefixSchema.optional(), ...nodeSettingsFields })
  .meta({
    expected: 'a count, a prefix and settings',
    description: 'Numbered nodes with the same settings: n1, n2, n3 …',
  });
