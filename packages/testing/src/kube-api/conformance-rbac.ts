import type { Case } from './conformance-scene.ts';

export const RBAC_CASES: Case[] = [];
