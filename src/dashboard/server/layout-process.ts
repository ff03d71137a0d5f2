import { json } from 'node:stream/consumers';
import type { GraphView } from '../../graph-drawing/layout/graph-view.ts';
import { computePageLayout } from './compute-page-layout.ts';

// A process of its own: it takes its memory with it when it ends, and commands are answered meanwhile.
process.stdout.write(JSON.stringify(computePageLayout((await json(process.stdin)) as GraphView)));
