/**
 * A message in each receiver's own form. Pure. Texts come from models and servers: no receiver may take them for markup.
 */
import { createHmac } from 'node:crypto';
import type { News } from './news.ts';
import type { NotifyTarget } from './target.ts';

export interface Payload {
  body: string;
  headers: Record<string, string>;
}

/** Slack takes 150 characters in a header, 3,000 in a section; PagerDuty 1,024 in a summary. */
const SLACK_HEADER = 150;
const SLACK_SECTION = 2_900;
const PAGERDUTY_SUMMARY = 1_024;
/** How long Alertmanager keeps it: nothing will ever send it again. */
const ALERT_HOURS = 4;

/** @param now for the receivers that want a time */
export function payloadFor(target: NotifyTarget, news: News, now: Date): Payload {
  switch (target.kind) {
    case 'slack':
      return json(slack(news));
    case 'teams':
      return json(teams(news));
    case 'pagerduty':
      return json(pagerDuty(news, target.key, now));
    case 'alertmanager':
      return json(alertmanager(news, now));
    case 'webhook':
      return signed(JSON.stringify(webhook(news, now)), target.secret);
  }
}

function json(value: unknown): Payload {
  return { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
}

/** GitHub's form, which receivers of webhooks know: `X-Hub-Signature-256: sha256=<hex HMAC of the body>`. */
function signed(body: string, secret: string | undefined): Payload {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (secret !== undefined)
    headers['x-hub-signature-256'] = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return { body, headers };
}

/** Block Kit: `plain_text` takes no markup at all. https://docs.slack.dev/reference/block-kit/blocks */
function slack(news: News): object {
  const reasons = cut(news.reasons.map((reason) => `• ${reason}`).join('\n'), SLACK_SECTION);
  const context = contextLine(news);
  return {
    // What a notification on a phone shows; `<`, `>` and `&` are Slack's only special characters there.
    text: escapeSlack(`${news.title}: ${news.reasons[0] ?? ''}`.slice(0, SLACK_SECTION)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(news.title, SLACK_HEADER), emoji: false } },
      ...(reasons === ''
        ? []
        : [{ type: 'section', text: { type: 'plain_text', text: reasons, emoji: false } }]),
      ...(context === ''
        ? []
        : [{ type: 'context', elements: [{ type: 'plain_text', text: context, emoji: false }] }]),
      ...(isWeb(news.run.url)
        ? [
            {
              type: 'actions',
              elements: [
                { type: 'button', text: { type: 'plain_text', text: 'Open the run' }, url: news.run.url },
              ],
            },
          ]
        : []),
    ],
  };
}

function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A message with one Adaptive Card; RichTextBlock's runs are taken as they are, TextBlock would read Markdown. */
function teams(news: News): object {
  const line = (text: string, more: object = {}): object => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text, ...more }],
  });
  const colour = { info: 'good', warning: 'warning', error: 'attention', critical: 'attention' }[
    news.severity
  ];
  const context = contextLine(news);
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            line(news.title, { size: 'large', weight: 'bolder', color: colour }),
            ...news.reasons.map((reason) => line(reason)),
            ...(context === '' ? [] : [line(context, { isSubtle: true, size: 'small' })]),
          ],
          actions: isWeb(news.run.url)
            ? [{ type: 'Action.OpenUrl', title: 'Open the run', url: news.run.url }]
            : [],
        },
      },
    ],
  };
}

/** Events API v2: an alert with a key, so that the same news twice is one incident. */
function pagerDuty(news: News, key: string, now: Date): object {
  const { run } = news;
  return {
    routing_key: key,
    event_action: 'trigger',
    dedup_key: news.key.slice(0, 255),
    client: 'Sluice',
    ...(isWeb(run.url) ? { client_url: run.url, links: [{ href: run.url, text: 'The run' }] } : {}),
    payload: {
      summary: cut([news.title, ...news.reasons].join(': '), PAGERDUTY_SUMMARY),
      source: run.repository === '' ? 'sluice' : run.repository,
      severity: news.severity,
      timestamp: now.toISOString(),
      component: news.action,
      class: news.verdict,
      custom_details: { reasons: news.reasons, outcome: news.outcome, commit: run.sha, actor: run.actor },
    },
  };
}

/** API v2: labels tell alerts apart, so nothing in them changes from try to try. */
function alertmanager(news: News, now: Date): object {
  const { run } = news;
  const labels = {
    alertname: news.events.includes('rolled-back')
      ? 'SluiceRolledBack'
      : news.events.includes('step')
        ? 'SluiceStep'
        : 'SluiceGate',
    action: news.action,
    verdict: news.verdict,
    severity: news.severity,
    repository: run.repository,
    run: run.id,
  };
  return [
    {
      // An empty label is no label.
      labels: Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
      annotations: { summary: news.title, description: news.reasons.join('\n') },
      startsAt: now.toISOString(),
      endsAt: new Date(now.getTime() + ALERT_HOURS * 3_600_000).toISOString(),
      ...(isWeb(run.url) ? { generatorURL: run.url } : {}),
    },
  ];
}

/** Our own form; `text` is what Slack-like receivers (Mattermost, Rocket.Chat) show. */
function webhook(news: News, now: Date): object {
  const { title, reasons, action, verdict, outcome, events, severity, key, run } = news;
  const text = escapeSlack([title, ...reasons].join('\n'));
  return {
    text,
    title,
    action,
    events,
    verdict,
    outcome,
    severity,
    reasons,
    key,
    at: now.toISOString(),
    run,
  };
}

function contextLine({ outcome, run }: News): string {
  const commit = run.sha === '' ? '' : `commit ${run.sha.slice(0, 12)}`;
  return [outcome, run.ref, commit, run.actor === '' ? '' : `by ${run.actor}`].filter(Boolean).join(' · ');
}

function isWeb(url: string): boolean {
  return /^https?:\/\//u.test(url);
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 2).toWellFormed()} …`;
}
