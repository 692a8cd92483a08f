/** Whether an input names a server's base address. Pure. */

/** Faults of the input `input` = `endpoint`; `isPage` where the whole address is the user's own, calls included. */
export function endpointFaults(endpoint: string, input = 'endpoint', isPage = false): string[] {
  if (!URL.canParse(endpoint)) {
    return [`input \`${input}\` = "${endpoint}" is no address; write it as http://host:8000`];
  }
  const url = new URL(endpoint);
  if (url.username !== '' || url.password !== '') {
    // Not shown: it would stand in the log.
    return [
      `input \`${input}\` holds a user or password; remove them and give \`${input.replace('endpoint', '')}${input === 'endpoint' ? 'endpoint-' : ''}token\``,
    ];
  }
  if (url.search !== '' || url.hash !== '') {
    return [`input \`${input}\` = "${endpoint}": remove what begins with '${url.search === '' ? '#' : '?'}'`];
  }
  const call = /\/(?:chat\/completions|completions|models|health)\/*$/.exec(url.pathname);
  return call === null || isPage
    ? []
    : [
        `input \`${input}\` = "${endpoint}" is one of the server's calls; remove '${call[0]}', paths are added here`,
      ];
}
