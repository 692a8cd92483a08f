/** Whether the model card lets its model be deployed: evaluated, and for a protected environment approved by somebody else. Pure. */
import type { ModelCard } from '@sluice/release/model-card';

export interface CardDoor {
  open: boolean;
  /** One sentence, with the mend where it is closed. */
  message: string;
}

export interface CardQuestion {
  card: ModelCard;
  /** For messages. */
  path: string;
  /** GitHub environment that is deployed to; undefined: none. */
  environment: string | undefined;
  /** It has required reviewers, or branch rules. */
  isProtected: boolean;
  /** Logins that made this release: who pushed it, and who started the run. */
  authors: readonly string[];
}

/** Deployed and rolled-back cards were approved before; a rolled-back one asks for a new approval. */
const APPROVED = ['approved', 'deployed'];
/** Where nobody protects the environment, the gate's word is enough. */
const PASSED = [...APPROVED, 'evaluated'];

export function openCard({ card, path, environment, isProtected, authors }: CardQuestion): CardDoor {
  const { status = 'draft', approvedBy } = card.spec;
  const where = `environment ${environment ?? ''} is protected`;
  if (!(isProtected ? APPROVED : PASSED).includes(status))
    return {
      open: false,
      message: `the model card ${path} is ${status}, not ${isProtected ? `approved, and ${where}` : 'evaluated'}; let eval-gate pass it${isProtected ? ' and a reviewer approve it' : ''}${status === 'rolled-back' ? ' anew: this version was taken back' : ''}`,
    };
  const by = (approvedBy ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (!isProtected)
    return {
      open: true,
      message: `the model card ${path} is ${status}${by.length === 0 ? '' : `, approved by ${by.join(', ')}`}`,
    };
  if (by.length === 0)
    return {
      open: false,
      message: `the model card ${path} is approved, but approvedBy is empty, and ${where}; let a reviewer approve it`,
    };
  const others = by.filter((name) => !authors.some((author) => author.toLowerCase() === name.toLowerCase()));
  if (others.length === 0)
    return {
      open: false,
      message: `the model card ${path} is approved by ${by.join(', ')}, who made this release, and ${where}; let somebody else approve it`,
    };
  return { open: true, message: `the model card ${path} is approved by ${others.join(', ')}` };
}
