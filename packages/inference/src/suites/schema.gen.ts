// @ts-nocheck
// Generated from schemas/suite.schema.json by scripts/generate.ts: change the schema, then run it.
/* eslint-disable */
import func2Module from 'ajv/dist/runtime/ucs2length.js';
export default validate20 as unknown as import('ajv').ValidateFunction;
const schema31 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'suite.schema.json',
  'x-validator': 'packages/inference/src/suites/schema.gen.ts',
  title: 'Sluice test suite',
  description:
    "Questions for a model and what their answers must be. The keys are promptfoo's where it has them.",
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    description: { type: 'string' },
    prompts: {
      description:
        "Templates; each test is asked with each of them. {{name}} stands for a variable. file://… is read, prompts/x@v2 is the file prompts/x/v2.txt. Default: ['{{prompt}}'].",
      type: 'array',
      minItems: 1,
      items: {
        type: ['string', 'object'],
        required: ['raw'],
        additionalProperties: false,
        properties: { raw: { type: 'string' }, label: { type: 'string' }, id: { type: 'string' } },
      },
    },
    defaultTest: {
      description:
        "What every test has unless it says otherwise; its assertions are added to the test's own.",
      type: 'object',
      additionalProperties: false,
      properties: {
        vars: { $ref: '#/$defs/vars' },
        assert: { $ref: '#/$defs/assertions' },
        options: { $ref: '#/$defs/options' },
        metadata: { $ref: '#/$defs/metadata' },
        threshold: { $ref: '#/$defs/threshold' },
      },
    },
    tests: {
      description: 'Tests, or files of them (file://tests.csv, .parquet, .jsonl, .json, .yaml).',
      type: 'array',
      minItems: 1,
      items: { $ref: '#/$defs/test' },
    },
    scenarios: {
      description: 'Every configuration with every test.',
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['config', 'tests'],
        additionalProperties: false,
        properties: {
          description: { type: 'string' },
          config: { type: 'array', minItems: 1, items: { $ref: '#/$defs/test' } },
          tests: { type: 'array', minItems: 1, items: { $ref: '#/$defs/test' } },
        },
      },
    },
    derivedMetrics: {
      description:
        'Metrics made of others: + - * / ^, brackets and functions (sqrt, min, max, …) over the sums of the scores of assertions with a `metric`, and __count, the number of answers.',
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['name', 'value'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_.]*$' },
          value: { type: 'string' },
        },
      },
    },
    assertionTemplates: {
      description: "Assertions by name, for {$ref: '#/assertionTemplates/name'}.",
      type: 'object',
      additionalProperties: { $ref: '#/$defs/assertion' },
    },
  },
  $defs: {
    test: {
      type: ['object', 'string'],
      additionalProperties: false,
      properties: {
        description: { type: 'string' },
        vars: { $ref: '#/$defs/vars' },
        assert: { $ref: '#/$defs/assertions' },
        options: { $ref: '#/$defs/options' },
        metadata: { $ref: '#/$defs/metadata' },
        threshold: { $ref: '#/$defs/threshold' },
        data: {
          description:
            'A file of rows (.csv, .parquet, .jsonl, .json, .yaml): a test of each, its columns as variables.',
          type: ['string', 'object'],
          required: ['path'],
          additionalProperties: false,
          properties: {
            path: { type: 'string' },
            limit: { type: 'integer', minimum: 1 },
            rename: {
              description: 'Columns by new names: {question: prompt}.',
              type: 'object',
              additionalProperties: { type: 'string' },
            },
          },
        },
        images: {
          description:
            'Images that go with the question: files (.png, .jpg, .webp, .gif) or data URIs; with openai-chat and ollama.',
          type: 'array',
          minItems: 1,
          items: { type: 'string' },
        },
        turns: {
          description: 'What is said next in the same conversation, each with its own assertions.',
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['prompt'],
            additionalProperties: false,
            properties: { prompt: { type: 'string' }, assert: { $ref: '#/$defs/assertions' } },
          },
        },
      },
    },
    vars: {
      description:
        'Values for {{name}} in prompts and in the values of assertions. A list makes a test of each of its values. Maps are reached by {{name.key}}.',
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean', 'array', 'object'] },
    },
    threshold: {
      description:
        'The test passes when the weighted mean score of its assertions reaches this, instead of all having to pass.',
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
    },
    metadata: { type: 'object', properties: { tags: { type: 'array', items: { type: 'string' } } } },
    options: {
      description: 'How the question is asked.',
      type: 'object',
      additionalProperties: false,
      properties: {
        protocol: {
          enum: [
            'openai-completions',
            'openai-chat',
            'tgi',
            'open-inference-v2',
            'kserve-v1',
            'torchserve',
            'tf-serving',
            'ollama',
            'http',
          ],
        },
        system: { description: 'System message; only with openai-chat.', type: 'string' },
        max_tokens: { type: 'integer', minimum: 1 },
        temperature: { type: 'number', minimum: 0 },
        top_p: { type: 'number', minimum: 0, maximum: 1 },
        seed: { type: 'integer' },
        stop: { type: 'array', items: { type: 'string' } },
        timeout: { description: 'Seconds for a complete answer.', type: 'number', exclusiveMinimum: 0 },
        body: {
          description: "Keys of the request's body, set as they are after everything else was filled in.",
          type: 'object',
        },
        logprobs: { description: "Ask for the tokens' probabilities (perplexity).", type: 'boolean' },
        prefix: { description: 'Stands before every prompt of the test.', type: 'string' },
        suffix: { description: 'Stands behind every prompt of the test.', type: 'string' },
        transform: {
          description:
            'JavaScript that makes of every answer what is judged (output.trim()), or file://path:function of JavaScript or Python; before the transform of an assertion.',
          type: 'string',
          minLength: 1,
        },
        disableVarExpansion: { description: 'Lists in vars stay lists, for {% for %}.', type: 'boolean' },
        inputs: {
          description:
            'Tensors to send, by name: file://….npy or .png, or {datatype, shape, data} (open-inference-v2, kserve-v1, tf-serving).',
          type: 'object',
          additionalProperties: {
            type: ['string', 'object'],
            required: ['datatype', 'shape', 'data'],
            additionalProperties: false,
            properties: {
              datatype: { type: 'string' },
              shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
              data: { type: 'array' },
            },
          },
        },
        input: {
          description:
            'Name of the BYTES tensor that takes the prompt (open-inference-v2); without it the generate extension is asked.',
          type: 'string',
        },
      },
    },
    assertions: { type: 'array', items: { $ref: '#/$defs/assertion' } },
    assertion: {
      type: 'object',
      additionalProperties: false,
      properties: {
        type: {
          enum: [
            'equals',
            'contains',
            'icontains',
            'contains-any',
            'contains-all',
            'icontains-any',
            'icontains-all',
            'starts-with',
            'regex',
            'levenshtein',
            'word-count',
            'is-json',
            'contains-json',
            'is-xml',
            'contains-xml',
            'is-html',
            'contains-html',
            'is-sql',
            'contains-sql',
            'rouge-n',
            'bleu',
            'gleu',
            'meteor',
            'latency',
            'cost',
            'perplexity',
            'perplexity-score',
            'finish-reason',
            'ends',
            'status',
            'error-body',
            'rejected',
            'is-valid-openai-tools-call',
            'is-valid-openai-function-call',
            'is-valid-function-call',
            'tool-call-f1',
            'similar',
            'similar:cosine',
            'similar:dot',
            'similar:euclidean',
            'classifier',
            'moderation',
            'toxicity',
            'refusal',
            'is-refusal',
            'llm-rubric',
            'pairwise',
            'factuality',
            'model-graded-factuality',
            'model-graded-closedqa',
            'g-eval',
            'context-faithfulness',
            'context-recall',
            'context-relevance',
            'answer-relevance',
            'conversation-relevance',
            'select-best',
            'max-score',
            'javascript',
            'python',
            'ruby',
            'webhook',
            'tensor',
            'assert-set',
            'not-equals',
            'not-contains',
            'not-icontains',
            'not-contains-any',
            'not-contains-all',
            'not-icontains-any',
            'not-icontains-all',
            'not-starts-with',
            'not-regex',
            'not-levenshtein',
            'not-word-count',
            'not-is-json',
            'not-contains-json',
            'not-is-xml',
            'not-contains-xml',
            'not-is-html',
            'not-contains-html',
            'not-is-sql',
            'not-contains-sql',
            'not-rouge-n',
            'not-bleu',
            'not-gleu',
            'not-meteor',
            'not-latency',
            'not-cost',
            'not-perplexity',
            'not-perplexity-score',
            'not-finish-reason',
            'not-ends',
            'not-status',
            'not-error-body',
            'not-rejected',
            'not-is-valid-openai-tools-call',
            'not-is-valid-openai-function-call',
            'not-is-valid-function-call',
            'not-tool-call-f1',
            'not-similar',
            'not-similar:cosine',
            'not-similar:dot',
            'not-similar:euclidean',
            'not-classifier',
            'not-moderation',
            'not-toxicity',
            'not-refusal',
            'not-is-refusal',
            'not-llm-rubric',
            'not-pairwise',
            'not-factuality',
            'not-model-graded-factuality',
            'not-model-graded-closedqa',
            'not-g-eval',
            'not-context-faithfulness',
            'not-context-recall',
            'not-context-relevance',
            'not-answer-relevance',
            'not-conversation-relevance',
            'not-select-best',
            'not-max-score',
            'not-javascript',
            'not-python',
            'not-ruby',
            'not-webhook',
            'not-tensor',
          ],
        },
        value: {
          description:
            'What the answer is compared with; its form depends on the type. is-json, contains-json: a JSON Schema, or nothing. javascript, python, ruby: code, or file://path:function. webhook: an address. moderation: categories, or nothing for all. factuality: what an expert says; model-graded-closedqa: a criterion; g-eval: one or several; context-recall: what the context should tell; select-best: criteria; is-sql, contains-sql: {databaseType, allowedTables, allowedColumns}; max-score: {method, weights, threshold}.',
        },
        threshold: {
          description:
            'latency: milliseconds at most; levenshtein: edits at most (5); similar:euclidean: distance at most (0.75); perplexity, cost, toxicity: at most; scores: at least.',
          type: 'number',
          minimum: 0,
        },
        status: {
          description:
            'rejected: the HTTP status that counts as a refusal; a class such as 4xx, or a number.',
          type: ['string', 'integer'],
        },
        weight: { type: 'number', exclusiveMinimum: 0 },
        metric: {
          description: 'A name for this assertion in reports; its scores make the metric score.<name>.',
          type: 'string',
        },
        assert: {
          description:
            'assert-set: its assertions; all must pass, or with a threshold their weighted mean score must reach it.',
          $ref: '#/$defs/assertions',
        },
        config: {
          description:
            'Handed to javascript, python and ruby as context.config; conversation-relevance: {windowSize}, turns that are judged at once (5).',
          type: 'object',
        },
        model: {
          description:
            'Model that gives the vectors of similar and answer-relevance, the labels of a classifier or the flags of a moderation.',
          type: 'string',
        },
        endpoint: {
          description:
            "Address of a classifier that answers [{label, score}] to {inputs}, or of OpenAI's moderations.",
          type: 'string',
        },
        label: {
          description: "toxicity, refusal: the classifier's label that is judged (toxic, refusal).",
          type: 'string',
        },
        timeout: {
          description:
            'javascript, python, ruby: seconds that the code may take (10); webhook: for its answer (5).',
          type: 'number',
          exclusiveMinimum: 0,
        },
        transform: {
          description:
            'JavaScript that makes of the answer what this assertion looks at (JSON.parse(output).city), or file://path:function of JavaScript or Python.',
          type: 'string',
          minLength: 1,
        },
        contextTransform: {
          description:
            'context-faithfulness, context-recall, context-relevance: JavaScript that takes the context out of the answer (JSON.parse(output).context), or file://path:function of JavaScript or Python.',
          type: 'string',
          minLength: 1,
        },
        $ref: { description: '#/assertionTemplates/name', type: 'string' },
      },
      anyOf: [{ required: ['type'] }, { required: ['$ref'] }],
    },
  },
  anyOf: [{ required: ['tests'] }, { required: ['scenarios'] }],
};
const schema32 = {
  description:
    'Values for {{name}} in prompts and in the values of assertions. A list makes a test of each of its values. Maps are reached by {{name.key}}.',
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean', 'array', 'object'] },
};
const schema35 = {
  description: 'How the question is asked.',
  type: 'object',
  additionalProperties: false,
  properties: {
    protocol: {
      enum: [
        'openai-completions',
        'openai-chat',
        'tgi',
        'open-inference-v2',
        'kserve-v1',
        'torchserve',
        'tf-serving',
        'ollama',
        'http',
      ],
    },
    system: { description: 'System message; only with openai-chat.', type: 'string' },
    max_tokens: { type: 'integer', minimum: 1 },
    temperature: { type: 'number', minimum: 0 },
    top_p: { type: 'number', minimum: 0, maximum: 1 },
    seed: { type: 'integer' },
    stop: { type: 'array', items: { type: 'string' } },
    timeout: { description: 'Seconds for a complete answer.', type: 'number', exclusiveMinimum: 0 },
    body: {
      description: "Keys of the request's body, set as they are after everything else was filled in.",
      type: 'object',
    },
    logprobs: { description: "Ask for the tokens' probabilities (perplexity).", type: 'boolean' },
    prefix: { description: 'Stands before every prompt of the test.', type: 'string' },
    suffix: { description: 'Stands behind every prompt of the test.', type: 'string' },
    transform: {
      description:
        'JavaScript that makes of every answer what is judged (output.trim()), or file://path:function of JavaScript or Python; before the transform of an assertion.',
      type: 'string',
      minLength: 1,
    },
    disableVarExpansion: { description: 'Lists in vars stay lists, for {% for %}.', type: 'boolean' },
    inputs: {
      description:
        'Tensors to send, by name: file://….npy or .png, or {datatype, shape, data} (open-inference-v2, kserve-v1, tf-serving).',
      type: 'object',
      additionalProperties: {
        type: ['string', 'object'],
        required: ['datatype', 'shape', 'data'],
        additionalProperties: false,
        properties: {
          datatype: { type: 'string' },
          shape: { type: 'array', items: { type: 'integer', minimum: 0 } },
          data: { type: 'array' },
        },
      },
    },
    input: {
      description:
        'Name of the BYTES tensor that takes the prompt (open-inference-v2); without it the generate extension is asked.',
      type: 'string',
    },
  },
};
const schema36 = { type: 'object', properties: { tags: { type: 'array', items: { type: 'string' } } } };
const schema37 = {
  description:
    'The test passes when the weighted mean score of its assertions reaches this, instead of all having to pass.',
  type: 'number',
  exclusiveMinimum: 0,
  maximum: 1,
};
const schema33 = { type: 'array', items: { $ref: '#/$defs/assertion' } };
const schema34 = {
  type: 'object',
  additionalProperties: false,
  properties: {
    type: {
      enum: [
        'equals',
        'contains',
        'icontains',
        'contains-any',
        'contains-all',
        'icontains-any',
        'icontains-all',
        'starts-with',
        'regex',
        'levenshtein',
        'word-count',
        'is-json',
        'contains-json',
        'is-xml',
        'contains-xml',
        'is-html',
        'contains-html',
        'is-sql',
        'contains-sql',
        'rouge-n',
        'bleu',
        'gleu',
        'meteor',
        'latency',
        'cost',
        'perplexity',
        'perplexity-score',
        'finish-reason',
        'ends',
        'status',
        'error-body',
        'rejected',
        'is-valid-openai-tools-call',
        'is-valid-openai-function-call',
        'is-valid-function-call',
        'tool-call-f1',
        'similar',
        'similar:cosine',
        'similar:dot',
        'similar:euclidean',
        'classifier',
        'moderation',
        'toxicity',
        'refusal',
        'is-refusal',
        'llm-rubric',
        'pairwise',
        'factuality',
        'model-graded-factuality',
        'model-graded-closedqa',
        'g-eval',
        'context-faithfulness',
        'context-recall',
        'context-relevance',
        'answer-relevance',
        'conversation-relevance',
        'select-best',
        'max-score',
        'javascript',
        'python',
        'ruby',
        'webhook',
        'tensor',
        'assert-set',
        'not-equals',
        'not-contains',
        'not-icontains',
        'not-contains-any',
        'not-contains-all',
        'not-icontains-any',
        'not-icontains-all',
        'not-starts-with',
        'not-regex',
        'not-levenshtein',
        'not-word-count',
        'not-is-json',
        'not-contains-json',
        'not-is-xml',
        'not-contains-xml',
        'not-is-html',
        'not-contains-html',
        'not-is-sql',
        'not-contains-sql',
        'not-rouge-n',
        'not-bleu',
        'not-gleu',
        'not-meteor',
        'not-latency',
        'not-cost',
        'not-perplexity',
        'not-perplexity-score',
        'not-finish-reason',
        'not-ends',
        'not-status',
        'not-error-body',
        'not-rejected',
        'not-is-valid-openai-tools-call',
        'not-is-valid-openai-function-call',
        'not-is-valid-function-call',
        'not-tool-call-f1',
        'not-similar',
        'not-similar:cosine',
        'not-similar:dot',
        'not-similar:euclidean',
        'not-classifier',
        'not-moderation',
        'not-toxicity',
        'not-refusal',
        'not-is-refusal',
        'not-llm-rubric',
        'not-pairwise',
        'not-factuality',
        'not-model-graded-factuality',
        'not-model-graded-closedqa',
        'not-g-eval',
        'not-context-faithfulness',
        'not-context-recall',
        'not-context-relevance',
        'not-answer-relevance',
        'not-conversation-relevance',
        'not-select-best',
        'not-max-score',
        'not-javascript',
        'not-python',
        'not-ruby',
        'not-webhook',
        'not-tensor',
      ],
    },
    value: {
      description:
        'What the answer is compared with; its form depends on the type. is-json, contains-json: a JSON Schema, or nothing. javascript, python, ruby: code, or file://path:function. webhook: an address. moderation: categories, or nothing for all. factuality: what an expert says; model-graded-closedqa: a criterion; g-eval: one or several; context-recall: what the context should tell; select-best: criteria; is-sql, contains-sql: {databaseType, allowedTables, allowedColumns}; max-score: {method, weights, threshold}.',
    },
    threshold: {
      description:
        'latency: milliseconds at most; levenshtein: edits at most (5); similar:euclidean: distance at most (0.75); perplexity, cost, toxicity: at most; scores: at least.',
      type: 'number',
      minimum: 0,
    },
    status: {
      description: 'rejected: the HTTP status that counts as a refusal; a class such as 4xx, or a number.',
      type: ['string', 'integer'],
    },
    weight: { type: 'number', exclusiveMinimum: 0 },
    metric: {
      description: 'A name for this assertion in reports; its scores make the metric score.<name>.',
      type: 'string',
    },
    assert: {
      description:
        'assert-set: its assertions; all must pass, or with a threshold their weighted mean score must reach it.',
      $ref: '#/$defs/assertions',
    },
    config: {
      description:
        'Handed to javascript, python and ruby as context.config; conversation-relevance: {windowSize}, turns that are judged at once (5).',
      type: 'object',
    },
    model: {
      description:
        'Model that gives the vectors of similar and answer-relevance, the labels of a classifier or the flags of a moderation.',
      type: 'string',
    },
    endpoint: {
      description:
        "Address of a classifier that answers [{label, score}] to {inputs}, or of OpenAI's moderations.",
      type: 'string',
    },
    label: {
      description: "toxicity, refusal: the classifier's label that is judged (toxic, refusal).",
      type: 'string',
    },
    timeout: {
      description:
        'javascript, python, ruby: seconds that the code may take (10); webhook: for its answer (5).',
      type: 'number',
      exclusiveMinimum: 0,
    },
    transform: {
      description:
        'JavaScript that makes of the answer what this assertion looks at (JSON.parse(output).city), or file://path:function of JavaScript or Python.',
      type: 'string',
      minLength: 1,
    },
    contextTransform: {
      description:
        'context-faithfulness, context-recall, context-relevance: JavaScript that takes the context out of the answer (JSON.parse(output).context), or file://path:function of JavaScript or Python.',
      type: 'string',
      minLength: 1,
    },
    $ref: { description: '#/assertionTemplates/name', type: 'string' },
  },
  anyOf: [{ required: ['type'] }, { required: ['$ref'] }],
};
const func1 = Object.prototype.hasOwnProperty;
const func2 = func2Module.default ?? func2Module;
const wrapper0 = { validate: validate21 };
function validate22(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate22.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  const _errs1 = errors;
  let valid0 = false;
  const _errs2 = errors;
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.type === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/anyOf/0/required',
        keyword: 'required',
        params: { missingProperty: 'type' },
        message: "must have required property '" + 'type' + "'",
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  }
  var _valid0 = _errs2 === errors;
  valid0 = valid0 || _valid0;
  const _errs3 = errors;
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.$ref === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/anyOf/1/required',
        keyword: 'required',
        params: { missingProperty: '$ref' },
        message: "must have required property '" + '$ref' + "'",
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
  }
  var _valid0 = _errs3 === errors;
  valid0 = valid0 || _valid0;
  if (!valid0) {
    const err2 = {
      instancePath,
      schemaPath: '#/anyOf',
      keyword: 'anyOf',
      params: {},
      message: 'must match a schema in anyOf',
    };
    if (vErrors === null) {
      vErrors = [err2];
    } else {
      vErrors.push(err2);
    }
    errors++;
  } else {
    errors = _errs1;
    if (vErrors !== null) {
      if (_errs1) {
        vErrors.length = _errs1;
      } else {
        vErrors = null;
      }
    }
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 in data) {
      if (!func1.call(schema34.properties, key0)) {
        const err3 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err3];
        } else {
          vErrors.push(err3);
        }
        errors++;
      }
    }
    if (data.type !== undefined) {
      let data0 = data.type;
      if (!(
        data0 === 'equals' ||
        data0 === 'contains' ||
        data0 === 'icontains' ||
        data0 === 'contains-any' ||
        data0 === 'contains-all' ||
        data0 === 'icontains-any' ||
        data0 === 'icontains-all' ||
        data0 === 'starts-with' ||
        data0 === 'regex' ||
        data0 === 'levenshtein' ||
        data0 === 'word-count' ||
        data0 === 'is-json' ||
        data0 === 'contains-json' ||
        data0 === 'is-xml' ||
        data0 === 'contains-xml' ||
        data0 === 'is-html' ||
        data0 === 'contains-html' ||
        data0 === 'is-sql' ||
        data0 === 'contains-sql' ||
        data0 === 'rouge-n' ||
        data0 === 'bleu' ||
        data0 === 'gleu' ||
        data0 === 'meteor' ||
        data0 === 'latency' ||
        data0 === 'cost' ||
        data0 === 'perplexity' ||
        data0 === 'perplexity-score' ||
        data0 === 'finish-reason' ||
        data0 === 'ends' ||
        data0 === 'status' ||
        data0 === 'error-body' ||
        data0 === 'rejected' ||
        data0 === 'is-valid-openai-tools-call' ||
        data0 === 'is-valid-openai-function-call' ||
        data0 === 'is-valid-function-call' ||
        data0 === 'tool-call-f1' ||
        data0 === 'similar' ||
        data0 === 'similar:cosine' ||
        data0 === 'similar:dot' ||
        data0 === 'similar:euclidean' ||
        data0 === 'classifier' ||
        data0 === 'moderation' ||
        data0 === 'toxicity' ||
        data0 === 'refusal' ||
        data0 === 'is-refusal' ||
        data0 === 'llm-rubric' ||
        data0 === 'pairwise' ||
        data0 === 'factuality' ||
        data0 === 'model-graded-factuality' ||
        data0 === 'model-graded-closedqa' ||
        data0 === 'g-eval' ||
        data0 === 'context-faithfulness' ||
        data0 === 'context-recall' ||
        data0 === 'context-relevance' ||
        data0 === 'answer-relevance' ||
        data0 === 'conversation-relevance' ||
        data0 === 'select-best' ||
        data0 === 'max-score' ||
        data0 === 'javascript' ||
        data0 === 'python' ||
        data0 === 'ruby' ||
        data0 === 'webhook' ||
        data0 === 'tensor' ||
        data0 === 'assert-set' ||
        data0 === 'not-equals' ||
        data0 === 'not-contains' ||
        data0 === 'not-icontains' ||
        data0 === 'not-contains-any' ||
        data0 === 'not-contains-all' ||
        data0 === 'not-icontains-any' ||
        data0 === 'not-icontains-all' ||
        data0 === 'not-starts-with' ||
        data0 === 'not-regex' ||
        data0 === 'not-levenshtein' ||
        data0 === 'not-word-count' ||
        data0 === 'not-is-json' ||
        data0 === 'not-contains-json' ||
        data0 === 'not-is-xml' ||
        data0 === 'not-contains-xml' ||
        data0 === 'not-is-html' ||
        data0 === 'not-contains-html' ||
        data0 === 'not-is-sql' ||
        data0 === 'not-contains-sql' ||
        data0 === 'not-rouge-n' ||
        data0 === 'not-bleu' ||
        data0 === 'not-gleu' ||
        data0 === 'not-meteor' ||
        data0 === 'not-latency' ||
        data0 === 'not-cost' ||
        data0 === 'not-perplexity' ||
        data0 === 'not-perplexity-score' ||
        data0 === 'not-finish-reason' ||
        data0 === 'not-ends' ||
        data0 === 'not-status' ||
        data0 === 'not-error-body' ||
        data0 === 'not-rejected' ||
        data0 === 'not-is-valid-openai-tools-call' ||
        data0 === 'not-is-valid-openai-function-call' ||
        data0 === 'not-is-valid-function-call' ||
        data0 === 'not-tool-call-f1' ||
        data0 === 'not-similar' ||
        data0 === 'not-similar:cosine' ||
        data0 === 'not-similar:dot' ||
        data0 === 'not-similar:euclidean' ||
        data0 === 'not-classifier' ||
        data0 === 'not-moderation' ||
        data0 === 'not-toxicity' ||
        data0 === 'not-refusal' ||
        data0 === 'not-is-refusal' ||
        data0 === 'not-llm-rubric' ||
        data0 === 'not-pairwise' ||
        data0 === 'not-factuality' ||
        data0 === 'not-model-graded-factuality' ||
        data0 === 'not-model-graded-closedqa' ||
        data0 === 'not-g-eval' ||
        data0 === 'not-context-faithfulness' ||
        data0 === 'not-context-recall' ||
        data0 === 'not-context-relevance' ||
        data0 === 'not-answer-relevance' ||
        data0 === 'not-conversation-relevance' ||
        data0 === 'not-select-best' ||
        data0 === 'not-max-score' ||
        data0 === 'not-javascript' ||
        data0 === 'not-python' ||
        data0 === 'not-ruby' ||
        data0 === 'not-webhook' ||
        data0 === 'not-tensor'
      )) {
        const err4 = {
          instancePath: instancePath + '/type',
          schemaPath: '#/properties/type/enum',
          keyword: 'enum',
          params: { allowedValues: schema34.properties.type.enum },
          message: 'must be equal to one of the allowed values',
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.threshold !== undefined) {
      let data1 = data.threshold;
      if (typeof data1 == 'number' && isFinite(data1)) {
        if (data1 < 0 || isNaN(data1)) {
          const err5 = {
            instancePath: instancePath + '/threshold',
            schemaPath: '#/properties/threshold/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            message: 'must be >= 0',
          };
          if (vErrors === null) {
            vErrors = [err5];
          } else {
            vErrors.push(err5);
          }
          errors++;
        }
      } else {
        const err6 = {
          instancePath: instancePath + '/threshold',
          schemaPath: '#/properties/threshold/type',
          keyword: 'type',
          params: { type: 'number' },
          message: 'must be number',
        };
        if (vErrors === null) {
          vErrors = [err6];
        } else {
          vErrors.push(err6);
        }
        errors++;
      }
    }
    if (data.status !== undefined) {
      let data2 = data.status;
      if (
        typeof data2 !== 'string' &&
        !(typeof data2 == 'number' && !(data2 % 1) && !isNaN(data2) && isFinite(data2))
      ) {
        const err7 = {
          instancePath: instancePath + '/status',
          schemaPath: '#/properties/status/type',
          keyword: 'type',
          params: { type: schema34.properties.status.type },
          message: 'must be string,integer',
        };
        if (vErrors === null) {
          vErrors = [err7];
        } else {
          vErrors.push(err7);
        }
        errors++;
      }
    }
    if (data.weight !== undefined) {
      let data3 = data.weight;
      if (typeof data3 == 'number' && isFinite(data3)) {
        if (data3 <= 0 || isNaN(data3)) {
          const err8 = {
            instancePath: instancePath + '/weight',
            schemaPath: '#/properties/weight/exclusiveMinimum',
            keyword: 'exclusiveMinimum',
            params: { comparison: '>', limit: 0 },
            message: 'must be > 0',
          };
          if (vErrors === null) {
            vErrors = [err8];
          } else {
            vErrors.push(err8);
          }
          errors++;
        }
      } else {
        const err9 = {
          instancePath: instancePath + '/weight',
          schemaPath: '#/properties/weight/type',
          keyword: 'type',
          params: { type: 'number' },
          message: 'must be number',
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
    if (data.metric !== undefined) {
      if (typeof data.metric !== 'string') {
        const err10 = {
          instancePath: instancePath + '/metric',
          schemaPath: '#/properties/metric/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err10];
        } else {
          vErrors.push(err10);
        }
        errors++;
      }
    }
    if (data.assert !== undefined) {
      if (
        !wrapper0.validate(data.assert, {
          instancePath: instancePath + '/assert',
          parentData: data,
          parentDataProperty: 'assert',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? wrapper0.validate.errors : vErrors.concat(wrapper0.validate.errors);
        errors = vErrors.length;
      }
    }
    if (data.config !== undefined) {
      let data6 = data.config;
      if (!(data6 && typeof data6 == 'object' && !Array.isArray(data6))) {
        const err11 = {
          instancePath: instancePath + '/config',
          schemaPath: '#/properties/config/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err11];
        } else {
          vErrors.push(err11);
        }
        errors++;
      }
    }
    if (data.model !== undefined) {
      if (typeof data.model !== 'string') {
        const err12 = {
          instancePath: instancePath + '/model',
          schemaPath: '#/properties/model/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err12];
        } else {
          vErrors.push(err12);
        }
        errors++;
      }
    }
    if (data.endpoint !== undefined) {
      if (typeof data.endpoint !== 'string') {
        const err13 = {
          instancePath: instancePath + '/endpoint',
          schemaPath: '#/properties/endpoint/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err13];
        } else {
          vErrors.push(err13);
        }
        errors++;
      }
    }
    if (data.label !== undefined) {
      if (typeof data.label !== 'string') {
        const err14 = {
          instancePath: instancePath + '/label',
          schemaPath: '#/properties/label/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err14];
        } else {
          vErrors.push(err14);
        }
        errors++;
      }
    }
    if (data.timeout !== undefined) {
      let data10 = data.timeout;
      if (typeof data10 == 'number' && isFinite(data10)) {
        if (data10 <= 0 || isNaN(data10)) {
          const err15 = {
            instancePath: instancePath + '/timeout',
            schemaPath: '#/properties/timeout/exclusiveMinimum',
            keyword: 'exclusiveMinimum',
            params: { comparison: '>', limit: 0 },
            message: 'must be > 0',
          };
          if (vErrors === null) {
            vErrors = [err15];
          } else {
            vErrors.push(err15);
          }
          errors++;
        }
      } else {
        const err16 = {
          instancePath: instancePath + '/timeout',
          schemaPath: '#/properties/timeout/type',
          keyword: 'type',
          params: { type: 'number' },
          message: 'must be number',
        };
        if (vErrors === null) {
          vErrors = [err16];
        } else {
          vErrors.push(err16);
        }
        errors++;
      }
    }
    if (data.transform !== undefined) {
      let data11 = data.transform;
      if (typeof data11 === 'string') {
        if (func2(data11) < 1) {
          const err17 = {
            instancePath: instancePath + '/transform',
            schemaPath: '#/properties/transform/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
          };
          if (vErrors === null) {
            vErrors = [err17];
          } else {
            vErrors.push(err17);
          }
          errors++;
        }
      } else {
        const err18 = {
          instancePath: instancePath + '/transform',
          schemaPath: '#/properties/transform/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err18];
        } else {
          vErrors.push(err18);
        }
        errors++;
      }
    }
    if (data.contextTransform !== undefined) {
      let data12 = data.contextTransform;
      if (typeof data12 === 'string') {
        if (func2(data12) < 1) {
          const err19 = {
            instancePath: instancePath + '/contextTransform',
            schemaPath: '#/properties/contextTransform/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
          };
          if (vErrors === null) {
            vErrors = [err19];
          } else {
            vErrors.push(err19);
          }
          errors++;
        }
      } else {
        const err20 = {
          instancePath: instancePath + '/contextTransform',
          schemaPath: '#/properties/contextTransform/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err20];
        } else {
          vErrors.push(err20);
        }
        errors++;
      }
    }
    if (data.$ref !== undefined) {
      if (typeof data.$ref !== 'string') {
        const err21 = {
          instancePath: instancePath + '/$ref',
          schemaPath: '#/properties/%24ref/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err21];
        } else {
          vErrors.push(err21);
        }
        errors++;
      }
    }
  } else {
    const err22 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      message: 'must be object',
    };
    if (vErrors === null) {
      vErrors = [err22];
    } else {
      vErrors.push(err22);
    }
    errors++;
  }
  validate22.errors = vErrors;
  return errors === 0;
}
validate22.evaluated = { props: true, dynamicProps: false, dynamicItems: false };
function validate21(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate21.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (Array.isArray(data)) {
    const len0 = data.length;
    for (let i0 = 0; i0 < len0; i0++) {
      if (
        !validate22(data[i0], {
          instancePath: instancePath + '/' + i0,
          parentData: data,
          parentDataProperty: i0,
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate22.errors : vErrors.concat(validate22.errors);
        errors = vErrors.length;
      }
    }
  } else {
    const err0 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'array' },
      message: 'must be array',
    };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  validate21.errors = vErrors;
  return errors === 0;
}
validate21.evaluated = { items: true, dynamicProps: false, dynamicItems: false };
const schema38 = {
  type: ['object', 'string'],
  additionalProperties: false,
  properties: {
    description: { type: 'string' },
    vars: { $ref: '#/$defs/vars' },
    assert: { $ref: '#/$defs/assertions' },
    options: { $ref: '#/$defs/options' },
    metadata: { $ref: '#/$defs/metadata' },
    threshold: { $ref: '#/$defs/threshold' },
    data: {
      description:
        'A file of rows (.csv, .parquet, .jsonl, .json, .yaml): a test of each, its columns as variables.',
      type: ['string', 'object'],
      required: ['path'],
      additionalProperties: false,
      properties: {
        path: { type: 'string' },
        limit: { type: 'integer', minimum: 1 },
        rename: {
          description: 'Columns by new names: {question: prompt}.',
          type: 'object',
          additionalProperties: { type: 'string' },
        },
      },
    },
    images: {
      description:
        'Images that go with the question: files (.png, .jpg, .webp, .gif) or data URIs; with openai-chat and ollama.',
      type: 'array',
      minItems: 1,
      items: { type: 'string' },
    },
    turns: {
      description: 'What is said next in the same conversation, each with its own assertions.',
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['prompt'],
        additionalProperties: false,
        properties: { prompt: { type: 'string' }, assert: { $ref: '#/$defs/assertions' } },
      },
    },
  },
};
function validate25(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate25.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (!(data && typeof data == 'object' && !Array.isArray(data)) && typeof data !== 'string') {
    const err0 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: schema38.type },
      message: 'must be object,string',
    };
    if (vErrors === null) {
      vErrors = [err0];
    } else {
      vErrors.push(err0);
    }
    errors++;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 in data) {
      if (!func1.call(schema38.properties, key0)) {
        const err1 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
    }
    if (data.description !== undefined) {
      if (typeof data.description !== 'string') {
        const err2 = {
          instancePath: instancePath + '/description',
          schemaPath: '#/properties/description/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
    }
    if (data.vars !== undefined) {
      let data1 = data.vars;
      if (data1 && typeof data1 == 'object' && !Array.isArray(data1)) {
        for (const key1 in data1) {
          let data2 = data1[key1];
          if (
            (!data2 || typeof data2 != 'object') &&
            typeof data2 !== 'string' &&
            !(typeof data2 == 'number' && isFinite(data2)) &&
            typeof data2 !== 'boolean'
          ) {
            const err3 = {
              instancePath: instancePath + '/vars/' + key1.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/$defs/vars/additionalProperties/type',
              keyword: 'type',
              params: { type: schema32.additionalProperties.type },
              message: 'must be string,number,boolean,array,object',
            };
            if (vErrors === null) {
              vErrors = [err3];
            } else {
              vErrors.push(err3);
            }
            errors++;
          }
        }
      } else {
        const err4 = {
          instancePath: instancePath + '/vars',
          schemaPath: '#/$defs/vars/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.assert !== undefined) {
      if (
        !validate21(data.assert, {
          instancePath: instancePath + '/assert',
          parentData: data,
          parentDataProperty: 'assert',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
        errors = vErrors.length;
      }
    }
    if (data.options !== undefined) {
      let data4 = data.options;
      if (data4 && typeof data4 == 'object' && !Array.isArray(data4)) {
        for (const key2 in data4) {
          if (!func1.call(schema35.properties, key2)) {
            const err5 = {
              instancePath: instancePath + '/options',
              schemaPath: '#/$defs/options/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key2 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err5];
            } else {
              vErrors.push(err5);
            }
            errors++;
          }
        }
        if (data4.protocol !== undefined) {
          let data5 = data4.protocol;
          if (!(
            data5 === 'openai-completions' ||
            data5 === 'openai-chat' ||
            data5 === 'tgi' ||
            data5 === 'open-inference-v2' ||
            data5 === 'kserve-v1' ||
            data5 === 'torchserve' ||
            data5 === 'tf-serving' ||
            data5 === 'ollama' ||
            data5 === 'http'
          )) {
            const err6 = {
              instancePath: instancePath + '/options/protocol',
              schemaPath: '#/$defs/options/properties/protocol/enum',
              keyword: 'enum',
              params: { allowedValues: schema35.properties.protocol.enum },
              message: 'must be equal to one of the allowed values',
            };
            if (vErrors === null) {
              vErrors = [err6];
            } else {
              vErrors.push(err6);
            }
            errors++;
          }
        }
        if (data4.system !== undefined) {
          if (typeof data4.system !== 'string') {
            const err7 = {
              instancePath: instancePath + '/options/system',
              schemaPath: '#/$defs/options/properties/system/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err7];
            } else {
              vErrors.push(err7);
            }
            errors++;
          }
        }
        if (data4.max_tokens !== undefined) {
          let data7 = data4.max_tokens;
          if (!(typeof data7 == 'number' && !(data7 % 1) && !isNaN(data7) && isFinite(data7))) {
            const err8 = {
              instancePath: instancePath + '/options/max_tokens',
              schemaPath: '#/$defs/options/properties/max_tokens/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err8];
            } else {
              vErrors.push(err8);
            }
            errors++;
          }
          if (typeof data7 == 'number' && isFinite(data7)) {
            if (data7 < 1 || isNaN(data7)) {
              const err9 = {
                instancePath: instancePath + '/options/max_tokens',
                schemaPath: '#/$defs/options/properties/max_tokens/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 1 },
                message: 'must be >= 1',
              };
              if (vErrors === null) {
                vErrors = [err9];
              } else {
                vErrors.push(err9);
              }
              errors++;
            }
          }
        }
        if (data4.temperature !== undefined) {
          let data8 = data4.temperature;
          if (typeof data8 == 'number' && isFinite(data8)) {
            if (data8 < 0 || isNaN(data8)) {
              const err10 = {
                instancePath: instancePath + '/options/temperature',
                schemaPath: '#/$defs/options/properties/temperature/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 0 },
                message: 'must be >= 0',
              };
              if (vErrors === null) {
                vErrors = [err10];
              } else {
                vErrors.push(err10);
              }
              errors++;
            }
          } else {
            const err11 = {
              instancePath: instancePath + '/options/temperature',
              schemaPath: '#/$defs/options/properties/temperature/type',
              keyword: 'type',
              params: { type: 'number' },
              message: 'must be number',
            };
            if (vErrors === null) {
              vErrors = [err11];
            } else {
              vErrors.push(err11);
            }
            errors++;
          }
        }
        if (data4.top_p !== undefined) {
          let data9 = data4.top_p;
          if (typeof data9 == 'number' && isFinite(data9)) {
            if (data9 > 1 || isNaN(data9)) {
              const err12 = {
                instancePath: instancePath + '/options/top_p',
                schemaPath: '#/$defs/options/properties/top_p/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 1 },
                message: 'must be <= 1',
              };
              if (vErrors === null) {
                vErrors = [err12];
              } else {
                vErrors.push(err12);
              }
              errors++;
            }
            if (data9 < 0 || isNaN(data9)) {
              const err13 = {
                instancePath: instancePath + '/options/top_p',
                schemaPath: '#/$defs/options/properties/top_p/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 0 },
                message: 'must be >= 0',
              };
              if (vErrors === null) {
                vErrors = [err13];
              } else {
                vErrors.push(err13);
              }
              errors++;
            }
          } else {
            const err14 = {
              instancePath: instancePath + '/options/top_p',
              schemaPath: '#/$defs/options/properties/top_p/type',
              keyword: 'type',
              params: { type: 'number' },
              message: 'must be number',
            };
            if (vErrors === null) {
              vErrors = [err14];
            } else {
              vErrors.push(err14);
            }
            errors++;
          }
        }
        if (data4.seed !== undefined) {
          let data10 = data4.seed;
          if (!(typeof data10 == 'number' && !(data10 % 1) && !isNaN(data10) && isFinite(data10))) {
            const err15 = {
              instancePath: instancePath + '/options/seed',
              schemaPath: '#/$defs/options/properties/seed/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err15];
            } else {
              vErrors.push(err15);
            }
            errors++;
          }
        }
        if (data4.stop !== undefined) {
          let data11 = data4.stop;
          if (Array.isArray(data11)) {
            const len0 = data11.length;
            for (let i0 = 0; i0 < len0; i0++) {
              if (typeof data11[i0] !== 'string') {
                const err16 = {
                  instancePath: instancePath + '/options/stop/' + i0,
                  schemaPath: '#/$defs/options/properties/stop/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err16];
                } else {
                  vErrors.push(err16);
                }
                errors++;
              }
            }
          } else {
            const err17 = {
              instancePath: instancePath + '/options/stop',
              schemaPath: '#/$defs/options/properties/stop/type',
              keyword: 'type',
              params: { type: 'array' },
              message: 'must be array',
            };
            if (vErrors === null) {
              vErrors = [err17];
            } else {
              vErrors.push(err17);
            }
            errors++;
          }
        }
        if (data4.timeout !== undefined) {
          let data13 = data4.timeout;
          if (typeof data13 == 'number' && isFinite(data13)) {
            if (data13 <= 0 || isNaN(data13)) {
              const err18 = {
                instancePath: instancePath + '/options/timeout',
                schemaPath: '#/$defs/options/properties/timeout/exclusiveMinimum',
                keyword: 'exclusiveMinimum',
                params: { comparison: '>', limit: 0 },
                message: 'must be > 0',
              };
              if (vErrors === null) {
                vErrors = [err18];
              } else {
                vErrors.push(err18);
              }
              errors++;
            }
          } else {
            const err19 = {
              instancePath: instancePath + '/options/timeout',
              schemaPath: '#/$defs/options/properties/timeout/type',
              keyword: 'type',
              params: { type: 'number' },
              message: 'must be number',
            };
            if (vErrors === null) {
              vErrors = [err19];
            } else {
              vErrors.push(err19);
            }
            errors++;
          }
        }
        if (data4.body !== undefined) {
          let data14 = data4.body;
          if (!(data14 && typeof data14 == 'object' && !Array.isArray(data14))) {
            const err20 = {
              instancePath: instancePath + '/options/body',
              schemaPath: '#/$defs/options/properties/body/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err20];
            } else {
              vErrors.push(err20);
            }
            errors++;
          }
        }
        if (data4.logprobs !== undefined) {
          if (typeof data4.logprobs !== 'boolean') {
            const err21 = {
              instancePath: instancePath + '/options/logprobs',
              schemaPath: '#/$defs/options/properties/logprobs/type',
              keyword: 'type',
              params: { type: 'boolean' },
              message: 'must be boolean',
            };
            if (vErrors === null) {
              vErrors = [err21];
            } else {
              vErrors.push(err21);
            }
            errors++;
          }
        }
        if (data4.prefix !== undefined) {
          if (typeof data4.prefix !== 'string') {
            const err22 = {
              instancePath: instancePath + '/options/prefix',
              schemaPath: '#/$defs/options/properties/prefix/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err22];
            } else {
              vErrors.push(err22);
            }
            errors++;
          }
        }
        if (data4.suffix !== undefined) {
          if (typeof data4.suffix !== 'string') {
            const err23 = {
              instancePath: instancePath + '/options/suffix',
              schemaPath: '#/$defs/options/properties/suffix/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err23];
            } else {
              vErrors.push(err23);
            }
            errors++;
          }
        }
        if (data4.transform !== undefined) {
          let data18 = data4.transform;
          if (typeof data18 === 'string') {
            if (func2(data18) < 1) {
              const err24 = {
                instancePath: instancePath + '/options/transform',
                schemaPath: '#/$defs/options/properties/transform/minLength',
                keyword: 'minLength',
                params: { limit: 1 },
                message: 'must NOT have fewer than 1 characters',
              };
              if (vErrors === null) {
                vErrors = [err24];
              } else {
                vErrors.push(err24);
              }
              errors++;
            }
          } else {
            const err25 = {
              instancePath: instancePath + '/options/transform',
              schemaPath: '#/$defs/options/properties/transform/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err25];
            } else {
              vErrors.push(err25);
            }
            errors++;
          }
        }
        if (data4.disableVarExpansion !== undefined) {
          if (typeof data4.disableVarExpansion !== 'boolean') {
            const err26 = {
              instancePath: instancePath + '/options/disableVarExpansion',
              schemaPath: '#/$defs/options/properties/disableVarExpansion/type',
              keyword: 'type',
              params: { type: 'boolean' },
              message: 'must be boolean',
            };
            if (vErrors === null) {
              vErrors = [err26];
            } else {
              vErrors.push(err26);
            }
            errors++;
          }
        }
        if (data4.inputs !== undefined) {
          let data20 = data4.inputs;
          if (data20 && typeof data20 == 'object' && !Array.isArray(data20)) {
            for (const key3 in data20) {
              let data21 = data20[key3];
              if (
                typeof data21 !== 'string' &&
                !(data21 && typeof data21 == 'object' && !Array.isArray(data21))
              ) {
                const err27 = {
                  instancePath:
                    instancePath + '/options/inputs/' + key3.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/$defs/options/properties/inputs/additionalProperties/type',
                  keyword: 'type',
                  params: { type: schema35.properties.inputs.additionalProperties.type },
                  message: 'must be string,object',
                };
                if (vErrors === null) {
                  vErrors = [err27];
                } else {
                  vErrors.push(err27);
                }
                errors++;
              }
              if (data21 && typeof data21 == 'object' && !Array.isArray(data21)) {
                if (data21.datatype === undefined) {
                  const err28 = {
                    instancePath:
                      instancePath + '/options/inputs/' + key3.replace(/~/g, '~0').replace(/\//g, '~1'),
                    schemaPath: '#/$defs/options/properties/inputs/additionalProperties/required',
                    keyword: 'required',
                    params: { missingProperty: 'datatype' },
                    message: "must have required property '" + 'datatype' + "'",
                  };
                  if (vErrors === null) {
                    vErrors = [err28];
                  } else {
                    vErrors.push(err28);
                  }
                  errors++;
                }
                if (data21.shape === undefined) {
                  const err29 = {
                    instancePath:
                      instancePath + '/options/inputs/' + key3.replace(/~/g, '~0').replace(/\//g, '~1'),
                    schemaPath: '#/$defs/options/properties/inputs/additionalProperties/required',
                    keyword: 'required',
                    params: { missingProperty: 'shape' },
                    message: "must have required property '" + 'shape' + "'",
                  };
                  if (vErrors === null) {
                    vErrors = [err29];
                  } else {
                    vErrors.push(err29);
                  }
                  errors++;
                }
                if (data21.data === undefined) {
                  const err30 = {
                    instancePath:
                      instancePath + '/options/inputs/' + key3.replace(/~/g, '~0').replace(/\//g, '~1'),
                    schemaPath: '#/$defs/options/properties/inputs/additionalProperties/required',
                    keyword: 'required',
                    params: { missingProperty: 'data' },
                    message: "must have required property '" + 'data' + "'",
                  };
                  if (vErrors === null) {
                    vErrors = [err30];
                  } else {
                    vErrors.push(err30);
                  }
                  errors++;
                }
                for (const key4 in data21) {
                  if (!(key4 === 'datatype' || key4 === 'shape' || key4 === 'data')) {
                    const err31 = {
                      instancePath:
                        instancePath + '/options/inputs/' + key3.replace(/~/g, '~0').replace(/\//g, '~1'),
                      schemaPath:
                        '#/$defs/options/properties/inputs/additionalProperties/additionalProperties',
                      keyword: 'additionalProperties',
                      params: { additionalProperty: key4 },
                      message: 'must NOT have additional properties',
                    };
                    if (vErrors === null) {
                      vErrors = [err31];
                    } else {
                      vErrors.push(err31);
                    }
                    errors++;
                  }
                }
                if (data21.datatype !== undefined) {
                  if (typeof data21.datatype !== 'string') {
                    const err32 = {
                      instancePath:
                        instancePath +
                        '/options/inputs/' +
                        key3.replace(/~/g, '~0').replace(/\//g, '~1') +
                        '/datatype',
                      schemaPath:
                        '#/$defs/options/properties/inputs/additionalProperties/properties/datatype/type',
                      keyword: 'type',
                      params: { type: 'string' },
                      message: 'must be string',
                    };
                    if (vErrors === null) {
                      vErrors = [err32];
                    } else {
                      vErrors.push(err32);
                    }
                    errors++;
                  }
                }
                if (data21.shape !== undefined) {
                  let data23 = data21.shape;
                  if (Array.isArray(data23)) {
                    const len1 = data23.length;
                    for (let i1 = 0; i1 < len1; i1++) {
                      let data24 = data23[i1];
                      if (!(
                        typeof data24 == 'number' &&
                        !(data24 % 1) &&
                        !isNaN(data24) &&
                        isFinite(data24)
                      )) {
                        const err33 = {
                          instancePath:
                            instancePath +
                            '/options/inputs/' +
                            key3.replace(/~/g, '~0').replace(/\//g, '~1') +
                            '/shape/' +
                            i1,
                          schemaPath:
                            '#/$defs/options/properties/inputs/additionalProperties/properties/shape/items/type',
                          keyword: 'type',
                          params: { type: 'integer' },
                          message: 'must be integer',
                        };
                        if (vErrors === null) {
                          vErrors = [err33];
                        } else {
                          vErrors.push(err33);
                        }
                        errors++;
                      }
                      if (typeof data24 == 'number' && isFinite(data24)) {
                        if (data24 < 0 || isNaN(data24)) {
                          const err34 = {
                            instancePath:
                              instancePath +
                              '/options/inputs/' +
                              key3.replace(/~/g, '~0').replace(/\//g, '~1') +
                              '/shape/' +
                              i1,
                            schemaPath:
                              '#/$defs/options/properties/inputs/additionalProperties/properties/shape/items/minimum',
                            keyword: 'minimum',
                            params: { comparison: '>=', limit: 0 },
                            message: 'must be >= 0',
                          };
                          if (vErrors === null) {
                            vErrors = [err34];
                          } else {
                            vErrors.push(err34);
                          }
                          errors++;
                        }
                      }
                    }
                  } else {
                    const err35 = {
                      instancePath:
                        instancePath +
                        '/options/inputs/' +
                        key3.replace(/~/g, '~0').replace(/\//g, '~1') +
                        '/shape',
                      schemaPath:
                        '#/$defs/options/properties/inputs/additionalProperties/properties/shape/type',
                      keyword: 'type',
                      params: { type: 'array' },
                      message: 'must be array',
                    };
                    if (vErrors === null) {
                      vErrors = [err35];
                    } else {
                      vErrors.push(err35);
                    }
                    errors++;
                  }
                }
                if (data21.data !== undefined) {
                  if (!Array.isArray(data21.data)) {
                    const err36 = {
                      instancePath:
                        instancePath +
                        '/options/inputs/' +
                        key3.replace(/~/g, '~0').replace(/\//g, '~1') +
                        '/data',
                      schemaPath:
                        '#/$defs/options/properties/inputs/additionalProperties/properties/data/type',
                      keyword: 'type',
                      params: { type: 'array' },
                      message: 'must be array',
                    };
                    if (vErrors === null) {
                      vErrors = [err36];
                    } else {
                      vErrors.push(err36);
                    }
                    errors++;
                  }
                }
              }
            }
          } else {
            const err37 = {
              instancePath: instancePath + '/options/inputs',
              schemaPath: '#/$defs/options/properties/inputs/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err37];
            } else {
              vErrors.push(err37);
            }
            errors++;
          }
        }
        if (data4.input !== undefined) {
          if (typeof data4.input !== 'string') {
            const err38 = {
              instancePath: instancePath + '/options/input',
              schemaPath: '#/$defs/options/properties/input/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err38];
            } else {
              vErrors.push(err38);
            }
            errors++;
          }
        }
      } else {
        const err39 = {
          instancePath: instancePath + '/options',
          schemaPath: '#/$defs/options/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err39];
        } else {
          vErrors.push(err39);
        }
        errors++;
      }
    }
    if (data.metadata !== undefined) {
      let data27 = data.metadata;
      if (data27 && typeof data27 == 'object' && !Array.isArray(data27)) {
        if (data27.tags !== undefined) {
          let data28 = data27.tags;
          if (Array.isArray(data28)) {
            const len2 = data28.length;
            for (let i2 = 0; i2 < len2; i2++) {
              if (typeof data28[i2] !== 'string') {
                const err40 = {
                  instancePath: instancePath + '/metadata/tags/' + i2,
                  schemaPath: '#/$defs/metadata/properties/tags/items/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err40];
                } else {
                  vErrors.push(err40);
                }
                errors++;
              }
            }
          } else {
            const err41 = {
              instancePath: instancePath + '/metadata/tags',
              schemaPath: '#/$defs/metadata/properties/tags/type',
              keyword: 'type',
              params: { type: 'array' },
              message: 'must be array',
            };
            if (vErrors === null) {
              vErrors = [err41];
            } else {
              vErrors.push(err41);
            }
            errors++;
          }
        }
      } else {
        const err42 = {
          instancePath: instancePath + '/metadata',
          schemaPath: '#/$defs/metadata/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err42];
        } else {
          vErrors.push(err42);
        }
        errors++;
      }
    }
    if (data.threshold !== undefined) {
      let data30 = data.threshold;
      if (typeof data30 == 'number' && isFinite(data30)) {
        if (data30 > 1 || isNaN(data30)) {
          const err43 = {
            instancePath: instancePath + '/threshold',
            schemaPath: '#/$defs/threshold/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 1 },
            message: 'must be <= 1',
          };
          if (vErrors === null) {
            vErrors = [err43];
          } else {
            vErrors.push(err43);
          }
          errors++;
        }
        if (data30 <= 0 || isNaN(data30)) {
          const err44 = {
            instancePath: instancePath + '/threshold',
            schemaPath: '#/$defs/threshold/exclusiveMinimum',
            keyword: 'exclusiveMinimum',
            params: { comparison: '>', limit: 0 },
            message: 'must be > 0',
          };
          if (vErrors === null) {
            vErrors = [err44];
          } else {
            vErrors.push(err44);
          }
          errors++;
        }
      } else {
        const err45 = {
          instancePath: instancePath + '/threshold',
          schemaPath: '#/$defs/threshold/type',
          keyword: 'type',
          params: { type: 'number' },
          message: 'must be number',
        };
        if (vErrors === null) {
          vErrors = [err45];
        } else {
          vErrors.push(err45);
        }
        errors++;
      }
    }
    if (data.data !== undefined) {
      let data31 = data.data;
      if (typeof data31 !== 'string' && !(data31 && typeof data31 == 'object' && !Array.isArray(data31))) {
        const err46 = {
          instancePath: instancePath + '/data',
          schemaPath: '#/properties/data/type',
          keyword: 'type',
          params: { type: schema38.properties.data.type },
          message: 'must be string,object',
        };
        if (vErrors === null) {
          vErrors = [err46];
        } else {
          vErrors.push(err46);
        }
        errors++;
      }
      if (data31 && typeof data31 == 'object' && !Array.isArray(data31)) {
        if (data31.path === undefined) {
          const err47 = {
            instancePath: instancePath + '/data',
            schemaPath: '#/properties/data/required',
            keyword: 'required',
            params: { missingProperty: 'path' },
            message: "must have required property '" + 'path' + "'",
          };
          if (vErrors === null) {
            vErrors = [err47];
          } else {
            vErrors.push(err47);
          }
          errors++;
        }
        for (const key5 in data31) {
          if (!(key5 === 'path' || key5 === 'limit' || key5 === 'rename')) {
            const err48 = {
              instancePath: instancePath + '/data',
              schemaPath: '#/properties/data/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key5 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err48];
            } else {
              vErrors.push(err48);
            }
            errors++;
          }
        }
        if (data31.path !== undefined) {
          if (typeof data31.path !== 'string') {
            const err49 = {
              instancePath: instancePath + '/data/path',
              schemaPath: '#/properties/data/properties/path/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err49];
            } else {
              vErrors.push(err49);
            }
            errors++;
          }
        }
        if (data31.limit !== undefined) {
          let data33 = data31.limit;
          if (!(typeof data33 == 'number' && !(data33 % 1) && !isNaN(data33) && isFinite(data33))) {
            const err50 = {
              instancePath: instancePath + '/data/limit',
              schemaPath: '#/properties/data/properties/limit/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err50];
            } else {
              vErrors.push(err50);
            }
            errors++;
          }
          if (typeof data33 == 'number' && isFinite(data33)) {
            if (data33 < 1 || isNaN(data33)) {
              const err51 = {
                instancePath: instancePath + '/data/limit',
                schemaPath: '#/properties/data/properties/limit/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 1 },
                message: 'must be >= 1',
              };
              if (vErrors === null) {
                vErrors = [err51];
              } else {
                vErrors.push(err51);
              }
              errors++;
            }
          }
        }
        if (data31.rename !== undefined) {
          let data34 = data31.rename;
          if (data34 && typeof data34 == 'object' && !Array.isArray(data34)) {
            for (const key6 in data34) {
              if (typeof data34[key6] !== 'string') {
                const err52 = {
                  instancePath:
                    instancePath + '/data/rename/' + key6.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/properties/data/properties/rename/additionalProperties/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err52];
                } else {
                  vErrors.push(err52);
                }
                errors++;
              }
            }
          } else {
            const err53 = {
              instancePath: instancePath + '/data/rename',
              schemaPath: '#/properties/data/properties/rename/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err53];
            } else {
              vErrors.push(err53);
            }
            errors++;
          }
        }
      }
    }
    if (data.images !== undefined) {
      let data36 = data.images;
      if (Array.isArray(data36)) {
        if (data36.length < 1) {
          const err54 = {
            instancePath: instancePath + '/images',
            schemaPath: '#/properties/images/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err54];
          } else {
            vErrors.push(err54);
          }
          errors++;
        }
        const len3 = data36.length;
        for (let i3 = 0; i3 < len3; i3++) {
          if (typeof data36[i3] !== 'string') {
            const err55 = {
              instancePath: instancePath + '/images/' + i3,
              schemaPath: '#/properties/images/items/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err55];
            } else {
              vErrors.push(err55);
            }
            errors++;
          }
        }
      } else {
        const err56 = {
          instancePath: instancePath + '/images',
          schemaPath: '#/properties/images/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err56];
        } else {
          vErrors.push(err56);
        }
        errors++;
      }
    }
    if (data.turns !== undefined) {
      let data38 = data.turns;
      if (Array.isArray(data38)) {
        if (data38.length < 1) {
          const err57 = {
            instancePath: instancePath + '/turns',
            schemaPath: '#/properties/turns/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err57];
          } else {
            vErrors.push(err57);
          }
          errors++;
        }
        const len4 = data38.length;
        for (let i4 = 0; i4 < len4; i4++) {
          let data39 = data38[i4];
          if (data39 && typeof data39 == 'object' && !Array.isArray(data39)) {
            if (data39.prompt === undefined) {
              const err58 = {
                instancePath: instancePath + '/turns/' + i4,
                schemaPath: '#/properties/turns/items/required',
                keyword: 'required',
                params: { missingProperty: 'prompt' },
                message: "must have required property '" + 'prompt' + "'",
              };
              if (vErrors === null) {
                vErrors = [err58];
              } else {
                vErrors.push(err58);
              }
              errors++;
            }
            for (const key7 in data39) {
              if (!(key7 === 'prompt' || key7 === 'assert')) {
                const err59 = {
                  instancePath: instancePath + '/turns/' + i4,
                  schemaPath: '#/properties/turns/items/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key7 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err59];
                } else {
                  vErrors.push(err59);
                }
                errors++;
              }
            }
            if (data39.prompt !== undefined) {
              if (typeof data39.prompt !== 'string') {
                const err60 = {
                  instancePath: instancePath + '/turns/' + i4 + '/prompt',
                  schemaPath: '#/properties/turns/items/properties/prompt/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err60];
                } else {
                  vErrors.push(err60);
                }
                errors++;
              }
            }
            if (data39.assert !== undefined) {
              if (
                !validate21(data39.assert, {
                  instancePath: instancePath + '/turns/' + i4 + '/assert',
                  parentData: data39,
                  parentDataProperty: 'assert',
                  rootData,
                  dynamicAnchors,
                })
              ) {
                vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
                errors = vErrors.length;
              }
            }
          } else {
            const err61 = {
              instancePath: instancePath + '/turns/' + i4,
              schemaPath: '#/properties/turns/items/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err61];
            } else {
              vErrors.push(err61);
            }
            errors++;
          }
        }
      } else {
        const err62 = {
          instancePath: instancePath + '/turns',
          schemaPath: '#/properties/turns/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err62];
        } else {
          vErrors.push(err62);
        }
        errors++;
      }
    }
  }
  validate25.errors = vErrors;
  return errors === 0;
}
validate25.evaluated = { props: true, dynamicProps: false, dynamicItems: false };
const pattern4 = new RegExp('^[A-Za-z_][A-Za-z0-9_.]*$', 'u');
function validate20(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  /*# sourceURL="suite.schema.json" */ let vErrors = null;
  let errors = 0;
  const evaluated0 = validate20.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  const _errs1 = errors;
  let valid0 = false;
  const _errs2 = errors;
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.tests === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/anyOf/0/required',
        keyword: 'required',
        params: { missingProperty: 'tests' },
        message: "must have required property '" + 'tests' + "'",
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
  }
  var _valid0 = _errs2 === errors;
  valid0 = valid0 || _valid0;
  const _errs3 = errors;
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.scenarios === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/anyOf/1/required',
        keyword: 'required',
        params: { missingProperty: 'scenarios' },
        message: "must have required property '" + 'scenarios' + "'",
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
  }
  var _valid0 = _errs3 === errors;
  valid0 = valid0 || _valid0;
  if (!valid0) {
    const err2 = {
      instancePath,
      schemaPath: '#/anyOf',
      keyword: 'anyOf',
      params: {},
      message: 'must match a schema in anyOf',
    };
    if (vErrors === null) {
      vErrors = [err2];
    } else {
      vErrors.push(err2);
    }
    errors++;
  } else {
    errors = _errs1;
    if (vErrors !== null) {
      if (_errs1) {
        vErrors.length = _errs1;
      } else {
        vErrors = null;
      }
    }
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 in data) {
      if (!(
        key0 === '$schema' ||
        key0 === 'description' ||
        key0 === 'prompts' ||
        key0 === 'defaultTest' ||
        key0 === 'tests' ||
        key0 === 'scenarios' ||
        key0 === 'derivedMetrics' ||
        key0 === 'assertionTemplates'
      )) {
        const err3 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err3];
        } else {
          vErrors.push(err3);
        }
        errors++;
      }
    }
    if (data.$schema !== undefined) {
      if (typeof data.$schema !== 'string') {
        const err4 = {
          instancePath: instancePath + '/$schema',
          schemaPath: '#/properties/%24schema/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.description !== undefined) {
      if (typeof data.description !== 'string') {
        const err5 = {
          instancePath: instancePath + '/description',
          schemaPath: '#/properties/description/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.prompts !== undefined) {
      let data2 = data.prompts;
      if (Array.isArray(data2)) {
        if (data2.length < 1) {
          const err6 = {
            instancePath: instancePath + '/prompts',
            schemaPath: '#/properties/prompts/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
        const len0 = data2.length;
        for (let i0 = 0; i0 < len0; i0++) {
          let data3 = data2[i0];
          if (typeof data3 !== 'string' && !(data3 && typeof data3 == 'object' && !Array.isArray(data3))) {
            const err7 = {
              instancePath: instancePath + '/prompts/' + i0,
              schemaPath: '#/properties/prompts/items/type',
              keyword: 'type',
              params: { type: schema31.properties.prompts.items.type },
              message: 'must be string,object',
            };
            if (vErrors === null) {
              vErrors = [err7];
            } else {
              vErrors.push(err7);
            }
            errors++;
          }
          if (data3 && typeof data3 == 'object' && !Array.isArray(data3)) {
            if (data3.raw === undefined) {
              const err8 = {
                instancePath: instancePath + '/prompts/' + i0,
                schemaPath: '#/properties/prompts/items/required',
                keyword: 'required',
                params: { missingProperty: 'raw' },
                message: "must have required property '" + 'raw' + "'",
              };
              if (vErrors === null) {
                vErrors = [err8];
              } else {
                vErrors.push(err8);
              }
              errors++;
            }
            for (const key1 in data3) {
              if (!(key1 === 'raw' || key1 === 'label' || key1 === 'id')) {
                const err9 = {
                  instancePath: instancePath + '/prompts/' + i0,
                  schemaPath: '#/properties/prompts/items/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key1 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err9];
                } else {
                  vErrors.push(err9);
                }
                errors++;
              }
            }
            if (data3.raw !== undefined) {
              if (typeof data3.raw !== 'string') {
                const err10 = {
                  instancePath: instancePath + '/prompts/' + i0 + '/raw',
                  schemaPath: '#/properties/prompts/items/properties/raw/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err10];
                } else {
                  vErrors.push(err10);
                }
                errors++;
              }
            }
            if (data3.label !== undefined) {
              if (typeof data3.label !== 'string') {
                const err11 = {
                  instancePath: instancePath + '/prompts/' + i0 + '/label',
                  schemaPath: '#/properties/prompts/items/properties/label/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err11];
                } else {
                  vErrors.push(err11);
                }
                errors++;
              }
            }
            if (data3.id !== undefined) {
              if (typeof data3.id !== 'string') {
                const err12 = {
                  instancePath: instancePath + '/prompts/' + i0 + '/id',
                  schemaPath: '#/properties/prompts/items/properties/id/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err12];
                } else {
                  vErrors.push(err12);
                }
                errors++;
              }
            }
          }
        }
      } else {
        const err13 = {
          instancePath: instancePath + '/prompts',
          schemaPath: '#/properties/prompts/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err13];
        } else {
          vErrors.push(err13);
        }
        errors++;
      }
    }
    if (data.defaultTest !== undefined) {
      let data7 = data.defaultTest;
      if (data7 && typeof data7 == 'object' && !Array.isArray(data7)) {
        for (const key2 in data7) {
          if (!(
            key2 === 'vars' ||
            key2 === 'assert' ||
            key2 === 'options' ||
            key2 === 'metadata' ||
            key2 === 'threshold'
          )) {
            const err14 = {
              instancePath: instancePath + '/defaultTest',
              schemaPath: '#/properties/defaultTest/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key2 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err14];
            } else {
              vErrors.push(err14);
            }
            errors++;
          }
        }
        if (data7.vars !== undefined) {
          let data8 = data7.vars;
          if (data8 && typeof data8 == 'object' && !Array.isArray(data8)) {
            for (const key3 in data8) {
              let data9 = data8[key3];
              if (
                (!data9 || typeof data9 != 'object') &&
                typeof data9 !== 'string' &&
                !(typeof data9 == 'number' && isFinite(data9)) &&
                typeof data9 !== 'boolean'
              ) {
                const err15 = {
                  instancePath:
                    instancePath + '/defaultTest/vars/' + key3.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/$defs/vars/additionalProperties/type',
                  keyword: 'type',
                  params: { type: schema32.additionalProperties.type },
                  message: 'must be string,number,boolean,array,object',
                };
                if (vErrors === null) {
                  vErrors = [err15];
                } else {
                  vErrors.push(err15);
                }
                errors++;
              }
            }
          } else {
            const err16 = {
              instancePath: instancePath + '/defaultTest/vars',
              schemaPath: '#/$defs/vars/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err16];
            } else {
              vErrors.push(err16);
            }
            errors++;
          }
        }
        if (data7.assert !== undefined) {
          if (
            !validate21(data7.assert, {
              instancePath: instancePath + '/defaultTest/assert',
              parentData: data7,
              parentDataProperty: 'assert',
              rootData,
              dynamicAnchors,
            })
          ) {
            vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
            errors = vErrors.length;
          }
        }
        if (data7.options !== undefined) {
          let data11 = data7.options;
          if (data11 && typeof data11 == 'object' && !Array.isArray(data11)) {
            for (const key4 in data11) {
              if (!func1.call(schema35.properties, key4)) {
                const err17 = {
                  instancePath: instancePath + '/defaultTest/options',
                  schemaPath: '#/$defs/options/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key4 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err17];
                } else {
                  vErrors.push(err17);
                }
                errors++;
              }
            }
            if (data11.protocol !== undefined) {
              let data12 = data11.protocol;
              if (!(
                data12 === 'openai-completions' ||
                data12 === 'openai-chat' ||
                data12 === 'tgi' ||
                data12 === 'open-inference-v2' ||
                data12 === 'kserve-v1' ||
                data12 === 'torchserve' ||
                data12 === 'tf-serving' ||
                data12 === 'ollama' ||
                data12 === 'http'
              )) {
                const err18 = {
                  instancePath: instancePath + '/defaultTest/options/protocol',
                  schemaPath: '#/$defs/options/properties/protocol/enum',
                  keyword: 'enum',
                  params: { allowedValues: schema35.properties.protocol.enum },
                  message: 'must be equal to one of the allowed values',
                };
                if (vErrors === null) {
                  vErrors = [err18];
                } else {
                  vErrors.push(err18);
                }
                errors++;
              }
            }
            if (data11.system !== undefined) {
              if (typeof data11.system !== 'string') {
                const err19 = {
                  instancePath: instancePath + '/defaultTest/options/system',
                  schemaPath: '#/$defs/options/properties/system/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err19];
                } else {
                  vErrors.push(err19);
                }
                errors++;
              }
            }
            if (data11.max_tokens !== undefined) {
              let data14 = data11.max_tokens;
              if (!(typeof data14 == 'number' && !(data14 % 1) && !isNaN(data14) && isFinite(data14))) {
                const err20 = {
                  instancePath: instancePath + '/defaultTest/options/max_tokens',
                  schemaPath: '#/$defs/options/properties/max_tokens/type',
                  keyword: 'type',
                  params: { type: 'integer' },
                  message: 'must be integer',
                };
                if (vErrors === null) {
                  vErrors = [err20];
                } else {
                  vErrors.push(err20);
                }
                errors++;
              }
              if (typeof data14 == 'number' && isFinite(data14)) {
                if (data14 < 1 || isNaN(data14)) {
                  const err21 = {
                    instancePath: instancePath + '/defaultTest/options/max_tokens',
                    schemaPath: '#/$defs/options/properties/max_tokens/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 1 },
                    message: 'must be >= 1',
                  };
                  if (vErrors === null) {
                    vErrors = [err21];
                  } else {
                    vErrors.push(err21);
                  }
                  errors++;
                }
              }
            }
            if (data11.temperature !== undefined) {
              let data15 = data11.temperature;
              if (typeof data15 == 'number' && isFinite(data15)) {
                if (data15 < 0 || isNaN(data15)) {
                  const err22 = {
                    instancePath: instancePath + '/defaultTest/options/temperature',
                    schemaPath: '#/$defs/options/properties/temperature/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 0 },
                    message: 'must be >= 0',
                  };
                  if (vErrors === null) {
                    vErrors = [err22];
                  } else {
                    vErrors.push(err22);
                  }
                  errors++;
                }
              } else {
                const err23 = {
                  instancePath: instancePath + '/defaultTest/options/temperature',
                  schemaPath: '#/$defs/options/properties/temperature/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err23];
                } else {
                  vErrors.push(err23);
                }
                errors++;
              }
            }
            if (data11.top_p !== undefined) {
              let data16 = data11.top_p;
              if (typeof data16 == 'number' && isFinite(data16)) {
                if (data16 > 1 || isNaN(data16)) {
                  const err24 = {
                    instancePath: instancePath + '/defaultTest/options/top_p',
                    schemaPath: '#/$defs/options/properties/top_p/maximum',
                    keyword: 'maximum',
                    params: { comparison: '<=', limit: 1 },
                    message: 'must be <= 1',
                  };
                  if (vErrors === null) {
                    vErrors = [err24];
                  } else {
                    vErrors.push(err24);
                  }
                  errors++;
                }
                if (data16 < 0 || isNaN(data16)) {
                  const err25 = {
                    instancePath: instancePath + '/defaultTest/options/top_p',
                    schemaPath: '#/$defs/options/properties/top_p/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 0 },
                    message: 'must be >= 0',
                  };
                  if (vErrors === null) {
                    vErrors = [err25];
                  } else {
                    vErrors.push(err25);
                  }
                  errors++;
                }
              } else {
                const err26 = {
                  instancePath: instancePath + '/defaultTest/options/top_p',
                  schemaPath: '#/$defs/options/properties/top_p/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err26];
                } else {
                  vErrors.push(err26);
                }
                errors++;
              }
            }
            if (data11.seed !== undefined) {
              let data17 = data11.seed;
              if (!(typeof data17 == 'number' && !(data17 % 1) && !isNaN(data17) && isFinite(data17))) {
                const err27 = {
                  instancePath: instancePath + '/defaultTest/options/seed',
                  schemaPath: '#/$defs/options/properties/seed/type',
                  keyword: 'type',
                  params: { type: 'integer' },
                  message: 'must be integer',
                };
                if (vErrors === null) {
                  vErrors = [err27];
                } else {
                  vErrors.push(err27);
                }
                errors++;
              }
            }
            if (data11.stop !== undefined) {
              let data18 = data11.stop;
              if (Array.isArray(data18)) {
                const len1 = data18.length;
                for (let i1 = 0; i1 < len1; i1++) {
                  if (typeof data18[i1] !== 'string') {
                    const err28 = {
                      instancePath: instancePath + '/defaultTest/options/stop/' + i1,
                      schemaPath: '#/$defs/options/properties/stop/items/type',
                      keyword: 'type',
                      params: { type: 'string' },
                      message: 'must be string',
                    };
                    if (vErrors === null) {
                      vErrors = [err28];
                    } else {
                      vErrors.push(err28);
                    }
                    errors++;
                  }
                }
              } else {
                const err29 = {
                  instancePath: instancePath + '/defaultTest/options/stop',
                  schemaPath: '#/$defs/options/properties/stop/type',
                  keyword: 'type',
                  params: { type: 'array' },
                  message: 'must be array',
                };
                if (vErrors === null) {
                  vErrors = [err29];
                } else {
                  vErrors.push(err29);
                }
                errors++;
              }
            }
            if (data11.timeout !== undefined) {
              let data20 = data11.timeout;
              if (typeof data20 == 'number' && isFinite(data20)) {
                if (data20 <= 0 || isNaN(data20)) {
                  const err30 = {
                    instancePath: instancePath + '/defaultTest/options/timeout',
                    schemaPath: '#/$defs/options/properties/timeout/exclusiveMinimum',
                    keyword: 'exclusiveMinimum',
                    params: { comparison: '>', limit: 0 },
                    message: 'must be > 0',
                  };
                  if (vErrors === null) {
                    vErrors = [err30];
                  } else {
                    vErrors.push(err30);
                  }
                  errors++;
                }
              } else {
                const err31 = {
                  instancePath: instancePath + '/defaultTest/options/timeout',
                  schemaPath: '#/$defs/options/properties/timeout/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err31];
                } else {
                  vErrors.push(err31);
                }
                errors++;
              }
            }
            if (data11.body !== undefined) {
              let data21 = data11.body;
              if (!(data21 && typeof data21 == 'object' && !Array.isArray(data21))) {
                const err32 = {
                  instancePath: instancePath + '/defaultTest/options/body',
                  schemaPath: '#/$defs/options/properties/body/type',
                  keyword: 'type',
                  params: { type: 'object' },
                  message: 'must be object',
                };
                if (vErrors === null) {
                  vErrors = [err32];
                } else {
                  vErrors.push(err32);
                }
                errors++;
              }
            }
            if (data11.logprobs !== undefined) {
              if (typeof data11.logprobs !== 'boolean') {
                const err33 = {
                  instancePath: instancePath + '/defaultTest/options/logprobs',
                  schemaPath: '#/$defs/options/properties/logprobs/type',
                  keyword: 'type',
                  params: { type: 'boolean' },
                  message: 'must be boolean',
                };
                if (vErrors === null) {
                  vErrors = [err33];
                } else {
                  vErrors.push(err33);
                }
                errors++;
              }
            }
            if (data11.prefix !== undefined) {
              if (typeof data11.prefix !== 'string') {
                const err34 = {
                  instancePath: instancePath + '/defaultTest/options/prefix',
                  schemaPath: '#/$defs/options/properties/prefix/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err34];
                } else {
                  vErrors.push(err34);
                }
                errors++;
              }
            }
            if (data11.suffix !== undefined) {
              if (typeof data11.suffix !== 'string') {
                const err35 = {
                  instancePath: instancePath + '/defaultTest/options/suffix',
                  schemaPath: '#/$defs/options/properties/suffix/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err35];
                } else {
                  vErrors.push(err35);
                }
                errors++;
              }
            }
            if (data11.transform !== undefined) {
              let data25 = data11.transform;
              if (typeof data25 === 'string') {
                if (func2(data25) < 1) {
                  const err36 = {
                    instancePath: instancePath + '/defaultTest/options/transform',
                    schemaPath: '#/$defs/options/properties/transform/minLength',
                    keyword: 'minLength',
                    params: { limit: 1 },
                    message: 'must NOT have fewer than 1 characters',
                  };
                  if (vErrors === null) {
                    vErrors = [err36];
                  } else {
                    vErrors.push(err36);
                  }
                  errors++;
                }
              } else {
                const err37 = {
                  instancePath: instancePath + '/defaultTest/options/transform',
                  schemaPath: '#/$defs/options/properties/transform/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err37];
                } else {
                  vErrors.push(err37);
                }
                errors++;
              }
            }
            if (data11.disableVarExpansion !== undefined) {
              if (typeof data11.disableVarExpansion !== 'boolean') {
                const err38 = {
                  instancePath: instancePath + '/defaultTest/options/disableVarExpansion',
                  schemaPath: '#/$defs/options/properties/disableVarExpansion/type',
                  keyword: 'type',
                  params: { type: 'boolean' },
                  message: 'must be boolean',
                };
                if (vErrors === null) {
                  vErrors = [err38];
                } else {
                  vErrors.push(err38);
                }
                errors++;
              }
            }
            if (data11.inputs !== undefined) {
              let data27 = data11.inputs;
              if (data27 && typeof data27 == 'object' && !Array.isArray(data27)) {
                for (const key5 in data27) {
                  let data28 = data27[key5];
                  if (
                    typeof data28 !== 'string' &&
                    !(data28 && typeof data28 == 'object' && !Array.isArray(data28))
                  ) {
                    const err39 = {
                      instancePath:
                        instancePath +
                        '/defaultTest/options/inputs/' +
                        key5.replace(/~/g, '~0').replace(/\//g, '~1'),
                      schemaPath: '#/$defs/options/properties/inputs/additionalProperties/type',
                      keyword: 'type',
                      params: { type: schema35.properties.inputs.additionalProperties.type },
                      message: 'must be string,object',
                    };
                    if (vErrors === null) {
                      vErrors = [err39];
                    } else {
                      vErrors.push(err39);
                    }
                    errors++;
                  }
                  if (data28 && typeof data28 == 'object' && !Array.isArray(data28)) {
                    if (data28.datatype === undefined) {
                      const err40 = {
                        instancePath:
                          instancePath +
                          '/defaultTest/options/inputs/' +
                          key5.replace(/~/g, '~0').replace(/\//g, '~1'),
                        schemaPath: '#/$defs/options/properties/inputs/additionalProperties/required',
                        keyword: 'required',
                        params: { missingProperty: 'datatype' },
                        message: "must have required property '" + 'datatype' + "'",
                      };
                      if (vErrors === null) {
                        vErrors = [err40];
                      } else {
                        vErrors.push(err40);
                      }
                      errors++;
                    }
                    if (data28.shape === undefined) {
                      const err41 = {
                        instancePath:
                          instancePath +
                          '/defaultTest/options/inputs/' +
                          key5.replace(/~/g, '~0').replace(/\//g, '~1'),
                        schemaPath: '#/$defs/options/properties/inputs/additionalProperties/required',
                        keyword: 'required',
                        params: { missingProperty: 'shape' },
                        message: "must have required property '" + 'shape' + "'",
                      };
                      if (vErrors === null) {
                        vErrors = [err41];
                      } else {
                        vErrors.push(err41);
                      }
                      errors++;
                    }
                    if (data28.data === undefined) {
                      const err42 = {
                        instancePath:
                          instancePath +
                          '/defaultTest/options/inputs/' +
                          key5.replace(/~/g, '~0').replace(/\//g, '~1'),
                        schemaPath: '#/$defs/options/properties/inputs/additionalProperties/required',
                        keyword: 'required',
                        params: { missingProperty: 'data' },
                        message: "must have required property '" + 'data' + "'",
                      };
                      if (vErrors === null) {
                        vErrors = [err42];
                      } else {
                        vErrors.push(err42);
                      }
                      errors++;
                    }
                    for (const key6 in data28) {
                      if (!(key6 === 'datatype' || key6 === 'shape' || key6 === 'data')) {
                        const err43 = {
                          instancePath:
                            instancePath +
                            '/defaultTest/options/inputs/' +
                            key5.replace(/~/g, '~0').replace(/\//g, '~1'),
                          schemaPath:
                            '#/$defs/options/properties/inputs/additionalProperties/additionalProperties',
                          keyword: 'additionalProperties',
                          params: { additionalProperty: key6 },
                          message: 'must NOT have additional properties',
                        };
                        if (vErrors === null) {
                          vErrors = [err43];
                        } else {
                          vErrors.push(err43);
                        }
                        errors++;
                      }
                    }
                    if (data28.datatype !== undefined) {
                      if (typeof data28.datatype !== 'string') {
                        const err44 = {
                          instancePath:
                            instancePath +
                            '/defaultTest/options/inputs/' +
                            key5.replace(/~/g, '~0').replace(/\//g, '~1') +
                            '/datatype',
                          schemaPath:
                            '#/$defs/options/properties/inputs/additionalProperties/properties/datatype/type',
                          keyword: 'type',
                          params: { type: 'string' },
                          message: 'must be string',
                        };
                        if (vErrors === null) {
                          vErrors = [err44];
                        } else {
                          vErrors.push(err44);
                        }
                        errors++;
                      }
                    }
                    if (data28.shape !== undefined) {
                      let data30 = data28.shape;
                      if (Array.isArray(data30)) {
                        const len2 = data30.length;
                        for (let i2 = 0; i2 < len2; i2++) {
                          let data31 = data30[i2];
                          if (!(
                            typeof data31 == 'number' &&
                            !(data31 % 1) &&
                            !isNaN(data31) &&
                            isFinite(data31)
                          )) {
                            const err45 = {
                              instancePath:
                                instancePath +
                                '/defaultTest/options/inputs/' +
                                key5.replace(/~/g, '~0').replace(/\//g, '~1') +
                                '/shape/' +
                                i2,
                              schemaPath:
                                '#/$defs/options/properties/inputs/additionalProperties/properties/shape/items/type',
                              keyword: 'type',
                              params: { type: 'integer' },
                              message: 'must be integer',
                            };
                            if (vErrors === null) {
                              vErrors = [err45];
                            } else {
                              vErrors.push(err45);
                            }
                            errors++;
                          }
                          if (typeof data31 == 'number' && isFinite(data31)) {
                            if (data31 < 0 || isNaN(data31)) {
                              const err46 = {
                                instancePath:
                                  instancePath +
                                  '/defaultTest/options/inputs/' +
                                  key5.replace(/~/g, '~0').replace(/\//g, '~1') +
                                  '/shape/' +
                                  i2,
                                schemaPath:
                                  '#/$defs/options/properties/inputs/additionalProperties/properties/shape/items/minimum',
                                keyword: 'minimum',
                                params: { comparison: '>=', limit: 0 },
                                message: 'must be >= 0',
                              };
                              if (vErrors === null) {
                                vErrors = [err46];
                              } else {
                                vErrors.push(err46);
                              }
                              errors++;
                            }
                          }
                        }
                      } else {
                        const err47 = {
                          instancePath:
                            instancePath +
                            '/defaultTest/options/inputs/' +
                            key5.replace(/~/g, '~0').replace(/\//g, '~1') +
                            '/shape',
                          schemaPath:
                            '#/$defs/options/properties/inputs/additionalProperties/properties/shape/type',
                          keyword: 'type',
                          params: { type: 'array' },
                          message: 'must be array',
                        };
                        if (vErrors === null) {
                          vErrors = [err47];
                        } else {
                          vErrors.push(err47);
                        }
                        errors++;
                      }
                    }
                    if (data28.data !== undefined) {
                      if (!Array.isArray(data28.data)) {
                        const err48 = {
                          instancePath:
                            instancePath +
                            '/defaultTest/options/inputs/' +
                            key5.replace(/~/g, '~0').replace(/\//g, '~1') +
                            '/data',
                          schemaPath:
                            '#/$defs/options/properties/inputs/additionalProperties/properties/data/type',
                          keyword: 'type',
                          params: { type: 'array' },
                          message: 'must be array',
                        };
                        if (vErrors === null) {
                          vErrors = [err48];
                        } else {
                          vErrors.push(err48);
                        }
                        errors++;
                      }
                    }
                  }
                }
              } else {
                const err49 = {
                  instancePath: instancePath + '/defaultTest/options/inputs',
                  schemaPath: '#/$defs/options/properties/inputs/type',
                  keyword: 'type',
                  params: { type: 'object' },
                  message: 'must be object',
                };
                if (vErrors === null) {
                  vErrors = [err49];
                } else {
                  vErrors.push(err49);
                }
                errors++;
              }
            }
            if (data11.input !== undefined) {
              if (typeof data11.input !== 'string') {
                const err50 = {
                  instancePath: instancePath + '/defaultTest/options/input',
                  schemaPath: '#/$defs/options/properties/input/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err50];
                } else {
                  vErrors.push(err50);
                }
                errors++;
              }
            }
          } else {
            const err51 = {
              instancePath: instancePath + '/defaultTest/options',
              schemaPath: '#/$defs/options/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err51];
            } else {
              vErrors.push(err51);
            }
            errors++;
          }
        }
        if (data7.metadata !== undefined) {
          let data34 = data7.metadata;
          if (data34 && typeof data34 == 'object' && !Array.isArray(data34)) {
            if (data34.tags !== undefined) {
              let data35 = data34.tags;
              if (Array.isArray(data35)) {
                const len3 = data35.length;
                for (let i3 = 0; i3 < len3; i3++) {
                  if (typeof data35[i3] !== 'string') {
                    const err52 = {
                      instancePath: instancePath + '/defaultTest/metadata/tags/' + i3,
                      schemaPath: '#/$defs/metadata/properties/tags/items/type',
                      keyword: 'type',
                      params: { type: 'string' },
                      message: 'must be string',
                    };
                    if (vErrors === null) {
                      vErrors = [err52];
                    } else {
                      vErrors.push(err52);
                    }
                    errors++;
                  }
                }
              } else {
                const err53 = {
                  instancePath: instancePath + '/defaultTest/metadata/tags',
                  schemaPath: '#/$defs/metadata/properties/tags/type',
                  keyword: 'type',
                  params: { type: 'array' },
                  message: 'must be array',
                };
                if (vErrors === null) {
                  vErrors = [err53];
                } else {
                  vErrors.push(err53);
                }
                errors++;
              }
            }
          } else {
            const err54 = {
              instancePath: instancePath + '/defaultTest/metadata',
              schemaPath: '#/$defs/metadata/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err54];
            } else {
              vErrors.push(err54);
            }
            errors++;
          }
        }
        if (data7.threshold !== undefined) {
          let data37 = data7.threshold;
          if (typeof data37 == 'number' && isFinite(data37)) {
            if (data37 > 1 || isNaN(data37)) {
              const err55 = {
                instancePath: instancePath + '/defaultTest/threshold',
                schemaPath: '#/$defs/threshold/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 1 },
                message: 'must be <= 1',
              };
              if (vErrors === null) {
                vErrors = [err55];
              } else {
                vErrors.push(err55);
              }
              errors++;
            }
            if (data37 <= 0 || isNaN(data37)) {
              const err56 = {
                instancePath: instancePath + '/defaultTest/threshold',
                schemaPath: '#/$defs/threshold/exclusiveMinimum',
                keyword: 'exclusiveMinimum',
                params: { comparison: '>', limit: 0 },
                message: 'must be > 0',
              };
              if (vErrors === null) {
                vErrors = [err56];
              } else {
                vErrors.push(err56);
              }
              errors++;
            }
          } else {
            const err57 = {
              instancePath: instancePath + '/defaultTest/threshold',
              schemaPath: '#/$defs/threshold/type',
              keyword: 'type',
              params: { type: 'number' },
              message: 'must be number',
            };
            if (vErrors === null) {
              vErrors = [err57];
            } else {
              vErrors.push(err57);
            }
            errors++;
          }
        }
      } else {
        const err58 = {
          instancePath: instancePath + '/defaultTest',
          schemaPath: '#/properties/defaultTest/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err58];
        } else {
          vErrors.push(err58);
        }
        errors++;
      }
    }
    if (data.tests !== undefined) {
      let data38 = data.tests;
      if (Array.isArray(data38)) {
        if (data38.length < 1) {
          const err59 = {
            instancePath: instancePath + '/tests',
            schemaPath: '#/properties/tests/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err59];
          } else {
            vErrors.push(err59);
          }
          errors++;
        }
        const len4 = data38.length;
        for (let i4 = 0; i4 < len4; i4++) {
          if (
            !validate25(data38[i4], {
              instancePath: instancePath + '/tests/' + i4,
              parentData: data38,
              parentDataProperty: i4,
              rootData,
              dynamicAnchors,
            })
          ) {
            vErrors = vErrors === null ? validate25.errors : vErrors.concat(validate25.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err60 = {
          instancePath: instancePath + '/tests',
          schemaPath: '#/properties/tests/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err60];
        } else {
          vErrors.push(err60);
        }
        errors++;
      }
    }
    if (data.scenarios !== undefined) {
      let data40 = data.scenarios;
      if (Array.isArray(data40)) {
        if (data40.length < 1) {
          const err61 = {
            instancePath: instancePath + '/scenarios',
            schemaPath: '#/properties/scenarios/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err61];
          } else {
            vErrors.push(err61);
          }
          errors++;
        }
        const len5 = data40.length;
        for (let i5 = 0; i5 < len5; i5++) {
          let data41 = data40[i5];
          if (data41 && typeof data41 == 'object' && !Array.isArray(data41)) {
            if (data41.config === undefined) {
              const err62 = {
                instancePath: instancePath + '/scenarios/' + i5,
                schemaPath: '#/properties/scenarios/items/required',
                keyword: 'required',
                params: { missingProperty: 'config' },
                message: "must have required property '" + 'config' + "'",
              };
              if (vErrors === null) {
                vErrors = [err62];
              } else {
                vErrors.push(err62);
              }
              errors++;
            }
            if (data41.tests === undefined) {
              const err63 = {
                instancePath: instancePath + '/scenarios/' + i5,
                schemaPath: '#/properties/scenarios/items/required',
                keyword: 'required',
                params: { missingProperty: 'tests' },
                message: "must have required property '" + 'tests' + "'",
              };
              if (vErrors === null) {
                vErrors = [err63];
              } else {
                vErrors.push(err63);
              }
              errors++;
            }
            for (const key7 in data41) {
              if (!(key7 === 'description' || key7 === 'config' || key7 === 'tests')) {
                const err64 = {
                  instancePath: instancePath + '/scenarios/' + i5,
                  schemaPath: '#/properties/scenarios/items/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key7 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err64];
                } else {
                  vErrors.push(err64);
                }
                errors++;
              }
            }
            if (data41.description !== undefined) {
              if (typeof data41.description !== 'string') {
                const err65 = {
                  instancePath: instancePath + '/scenarios/' + i5 + '/description',
                  schemaPath: '#/properties/scenarios/items/properties/description/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err65];
                } else {
                  vErrors.push(err65);
                }
                errors++;
              }
            }
            if (data41.config !== undefined) {
              let data43 = data41.config;
              if (Array.isArray(data43)) {
                if (data43.length < 1) {
                  const err66 = {
                    instancePath: instancePath + '/scenarios/' + i5 + '/config',
                    schemaPath: '#/properties/scenarios/items/properties/config/minItems',
                    keyword: 'minItems',
                    params: { limit: 1 },
                    message: 'must NOT have fewer than 1 items',
                  };
                  if (vErrors === null) {
                    vErrors = [err66];
                  } else {
                    vErrors.push(err66);
                  }
                  errors++;
                }
                const len6 = data43.length;
                for (let i6 = 0; i6 < len6; i6++) {
                  if (
                    !validate25(data43[i6], {
                      instancePath: instancePath + '/scenarios/' + i5 + '/config/' + i6,
                      parentData: data43,
                      parentDataProperty: i6,
                      rootData,
                      dynamicAnchors,
                    })
                  ) {
                    vErrors = vErrors === null ? validate25.errors : vErrors.concat(validate25.errors);
                    errors = vErrors.length;
                  }
                }
              } else {
                const err67 = {
                  instancePath: instancePath + '/scenarios/' + i5 + '/config',
                  schemaPath: '#/properties/scenarios/items/properties/config/type',
                  keyword: 'type',
                  params: { type: 'array' },
                  message: 'must be array',
                };
                if (vErrors === null) {
                  vErrors = [err67];
                } else {
                  vErrors.push(err67);
                }
                errors++;
              }
            }
            if (data41.tests !== undefined) {
              let data45 = data41.tests;
              if (Array.isArray(data45)) {
                if (data45.length < 1) {
                  const err68 = {
                    instancePath: instancePath + '/scenarios/' + i5 + '/tests',
                    schemaPath: '#/properties/scenarios/items/properties/tests/minItems',
                    keyword: 'minItems',
                    params: { limit: 1 },
                    message: 'must NOT have fewer than 1 items',
                  };
                  if (vErrors === null) {
                    vErrors = [err68];
                  } else {
                    vErrors.push(err68);
                  }
                  errors++;
                }
                const len7 = data45.length;
                for (let i7 = 0; i7 < len7; i7++) {
                  if (
                    !validate25(data45[i7], {
                      instancePath: instancePath + '/scenarios/' + i5 + '/tests/' + i7,
                      parentData: data45,
                      parentDataProperty: i7,
                      rootData,
                      dynamicAnchors,
                    })
                  ) {
                    vErrors = vErrors === null ? validate25.errors : vErrors.concat(validate25.errors);
                    errors = vErrors.length;
                  }
                }
              } else {
                const err69 = {
                  instancePath: instancePath + '/scenarios/' + i5 + '/tests',
                  schemaPath: '#/properties/scenarios/items/properties/tests/type',
                  keyword: 'type',
                  params: { type: 'array' },
                  message: 'must be array',
                };
                if (vErrors === null) {
                  vErrors = [err69];
                } else {
                  vErrors.push(err69);
                }
                errors++;
              }
            }
          } else {
            const err70 = {
              instancePath: instancePath + '/scenarios/' + i5,
              schemaPath: '#/properties/scenarios/items/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err70];
            } else {
              vErrors.push(err70);
            }
            errors++;
          }
        }
      } else {
        const err71 = {
          instancePath: instancePath + '/scenarios',
          schemaPath: '#/properties/scenarios/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err71];
        } else {
          vErrors.push(err71);
        }
        errors++;
      }
    }
    if (data.derivedMetrics !== undefined) {
      let data47 = data.derivedMetrics;
      if (Array.isArray(data47)) {
        if (data47.length < 1) {
          const err72 = {
            instancePath: instancePath + '/derivedMetrics',
            schemaPath: '#/properties/derivedMetrics/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err72];
          } else {
            vErrors.push(err72);
          }
          errors++;
        }
        const len8 = data47.length;
        for (let i8 = 0; i8 < len8; i8++) {
          let data48 = data47[i8];
          if (data48 && typeof data48 == 'object' && !Array.isArray(data48)) {
            if (data48.name === undefined) {
              const err73 = {
                instancePath: instancePath + '/derivedMetrics/' + i8,
                schemaPath: '#/properties/derivedMetrics/items/required',
                keyword: 'required',
                params: { missingProperty: 'name' },
                message: "must have required property '" + 'name' + "'",
              };
              if (vErrors === null) {
                vErrors = [err73];
              } else {
                vErrors.push(err73);
              }
              errors++;
            }
            if (data48.value === undefined) {
              const err74 = {
                instancePath: instancePath + '/derivedMetrics/' + i8,
                schemaPath: '#/properties/derivedMetrics/items/required',
                keyword: 'required',
                params: { missingProperty: 'value' },
                message: "must have required property '" + 'value' + "'",
              };
              if (vErrors === null) {
                vErrors = [err74];
              } else {
                vErrors.push(err74);
              }
              errors++;
            }
            for (const key8 in data48) {
              if (!(key8 === 'name' || key8 === 'value')) {
                const err75 = {
                  instancePath: instancePath + '/derivedMetrics/' + i8,
                  schemaPath: '#/properties/derivedMetrics/items/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key8 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err75];
                } else {
                  vErrors.push(err75);
                }
                errors++;
              }
            }
            if (data48.name !== undefined) {
              let data49 = data48.name;
              if (typeof data49 === 'string') {
                if (!pattern4.test(data49)) {
                  const err76 = {
                    instancePath: instancePath + '/derivedMetrics/' + i8 + '/name',
                    schemaPath: '#/properties/derivedMetrics/items/properties/name/pattern',
                    keyword: 'pattern',
                    params: { pattern: '^[A-Za-z_][A-Za-z0-9_.]*$' },
                    message: 'must match pattern "' + '^[A-Za-z_][A-Za-z0-9_.]*$' + '"',
                  };
                  if (vErrors === null) {
                    vErrors = [err76];
                  } else {
                    vErrors.push(err76);
                  }
                  errors++;
                }
              } else {
                const err77 = {
                  instancePath: instancePath + '/derivedMetrics/' + i8 + '/name',
                  schemaPath: '#/properties/derivedMetrics/items/properties/name/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err77];
                } else {
                  vErrors.push(err77);
                }
                errors++;
              }
            }
            if (data48.value !== undefined) {
              if (typeof data48.value !== 'string') {
                const err78 = {
                  instancePath: instancePath + '/derivedMetrics/' + i8 + '/value',
                  schemaPath: '#/properties/derivedMetrics/items/properties/value/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err78];
                } else {
                  vErrors.push(err78);
                }
                errors++;
              }
            }
          } else {
            const err79 = {
              instancePath: instancePath + '/derivedMetrics/' + i8,
              schemaPath: '#/properties/derivedMetrics/items/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err79];
            } else {
              vErrors.push(err79);
            }
            errors++;
          }
        }
      } else {
        const err80 = {
          instancePath: instancePath + '/derivedMetrics',
          schemaPath: '#/properties/derivedMetrics/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err80];
        } else {
          vErrors.push(err80);
        }
        errors++;
      }
    }
    if (data.assertionTemplates !== undefined) {
      let data51 = data.assertionTemplates;
      if (data51 && typeof data51 == 'object' && !Array.isArray(data51)) {
        for (const key9 in data51) {
          if (
            !validate22(data51[key9], {
              instancePath:
                instancePath + '/assertionTemplates/' + key9.replace(/~/g, '~0').replace(/\//g, '~1'),
              parentData: data51,
              parentDataProperty: key9,
              rootData,
              dynamicAnchors,
            })
          ) {
            vErrors = vErrors === null ? validate22.errors : vErrors.concat(validate22.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err81 = {
          instancePath: instancePath + '/assertionTemplates',
          schemaPath: '#/properties/assertionTemplates/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err81];
        } else {
          vErrors.push(err81);
        }
        errors++;
      }
    }
  } else {
    const err82 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      message: 'must be object',
    };
    if (vErrors === null) {
      vErrors = [err82];
    } else {
      vErrors.push(err82);
    }
    errors++;
  }
  validate20.errors = vErrors;
  return errors === 0;
}
validate20.evaluated = { props: true, dynamicProps: false, dynamicItems: false };
