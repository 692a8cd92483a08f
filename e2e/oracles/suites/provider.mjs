/** A provider of promptfoo that answers what the test's variables say. */
export default class Given {
  id() {
    return 'given';
  }

  async callApi(_prompt, context) {
    const { answer, more } = context.vars;
    return { output: answer, ...JSON.parse(more) };
  }
}
