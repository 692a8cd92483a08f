// @ts-nocheck
// Generated from schemas/suite.schema.json by scripts/generate.ts: change the schema, then run it.
/* eslint-disable */
export default validate20 as unknown as import('ajv').ValidateFunction;
const schema31 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'suite.schema.json',
  'x-validator': 'packages/inference/src/suites/schema.gen.ts',
  title: 'Sluice test suite',
  description:
    "Questions for a model and what their answers must be. The keys are promptfoo's where it has them.",
  type: 'object',
  required: ['tests'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    description: { type: 'string' },
    prompts: {
      description:
        "Templates; each test is asked with each of them. {{name}} stands for a variable. Default: ['{{prompt}}'].",
      type: 'array',
      minItems: 1,
      items: { type: 'string' },
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
    tests: { type: 'array', minItems: 1, items: { $ref: '#/$defs/test' } },
  },
  $defs: {
    test: {
      type: 'object',
      additionalProperties: false,
      properties: {
        description: { type: 'string' },
        vars: { $ref: '#/$defs/vars' },
        assert: { $ref: '#/$defs/assertions' },
        options: { $ref: '#/$defs/options' },
        metadata: { $ref: '#/$defs/metadata' },
        threshold: { $ref: '#/$defs/threshold' },
      },
    },
    vars: {
      description:
        'Values for {{name}} in prompts and in the values of assertions. A list makes a test of each of its values.',
      type: 'object',
      additionalProperties: {
        type: ['string', 'number', 'boolean', 'array'],
        items: { type: ['string', 'number', 'boolean'] },
      },
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
        protocol: { enum: ['openai-completions', 'openai-chat'] },
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
      },
    },
    assertions: { type: 'array', items: { $ref: '#/$defs/assertion' } },
    assertion: {
      type: 'object',
      required: ['type'],
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
            'rouge-n',
            'bleu',
            'gleu',
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
            'classifier',
            'toxicity',
            'refusal',
            'is-refusal',
            'llm-rubric',
            'pairwise',
            'javascript',
            'python',
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
            'not-rouge-n',
            'not-bleu',
            'not-gleu',
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
            'not-classifier',
            'not-toxicity',
            'not-refusal',
            'not-is-refusal',
            'not-llm-rubric',
            'not-pairwise',
            'not-javascript',
            'not-python',
            'not-tensor',
          ],
        },
        value: {
          description:
            'What the answer is compared with; its form depends on the type. is-json, contains-json: a JSON Schema, or nothing. javascript, python: code, or file://path:function.',
        },
        threshold: {
          description:
            'latency: milliseconds at most; levenshtein: edits at most (5); perplexity, cost, toxicity: at most; scores: at least.',
          type: 'number',
          minimum: 0,
        },
        status: {
          description:
            'rejected: the HTTP status that counts as a refusal; a class such as 4xx, or a number.',
          type: ['string', 'integer'],
        },
        weight: { type: 'number', exclusiveMinimum: 0 },
        metric: { description: 'A name for this assertion in reports.', type: 'string' },
        assert: {
          description:
            'assert-set: its assertions; all must pass, or with a threshold their weighted mean score must reach it.',
          $ref: '#/$defs/assertions',
        },
        config: { description: 'Handed to javascript and python as context.config.', type: 'object' },
        model: {
          description: 'Model that gives the vectors of similar, or the labels of a classifier.',
          type: 'string',
        },
        endpoint: {
          description: 'Address of a classifier that answers [{label, score}] to {inputs}.',
          type: 'string',
        },
        label: {
          description: "toxicity, refusal: the classifier's label that is judged (toxic, refusal).",
          type: 'string',
        },
        timeout: {
          description: 'javascript, python: seconds that the code may take (10).',
          type: 'number',
          exclusiveMinimum: 0,
        },
      },
    },
  },
};
const schema32 = {
  description:
    'Values for {{name}} in prompts and in the values of assertions. A list makes a test of each of its values.',
  type: 'object',
  additionalProperties: {
    type: ['string', 'number', 'boolean', 'array'],
    items: { type: ['string', 'number', 'boolean'] },
  },
};
const schema35 = {
  description: 'How the question is asked.',
  type: 'object',
  additionalProperties: false,
  properties: {
    protocol: { enum: ['openai-completions', 'openai-chat'] },
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
  required: ['type'],
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
        'rouge-n',
        'bleu',
        'gleu',
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
        'classifier',
        'toxicity',
        'refusal',
        'is-refusal',
        'llm-rubric',
        'pairwise',
        'javascript',
        'python',
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
        'not-rouge-n',
        'not-bleu',
        'not-gleu',
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
        'not-classifier',
        'not-toxicity',
        'not-refusal',
        'not-is-refusal',
        'not-llm-rubric',
        'not-pairwise',
        'not-javascript',
        'not-python',
        'not-tensor',
      ],
    },
    value: {
      description:
        'What the answer is compared with; its form depends on the type. is-json, contains-json: a JSON Schema, or nothing. javascript, python: code, or file://path:function.',
    },
    threshold: {
      description:
        'latency: milliseconds at most; levenshtein: edits at most (5); perplexity, cost, toxicity: at most; scores: at least.',
      type: 'number',
      minimum: 0,
    },
    status: {
      description: 'rejected: the HTTP status that counts as a refusal; a class such as 4xx, or a number.',
      type: ['string', 'integer'],
    },
    weight: { type: 'number', exclusiveMinimum: 0 },
    metric: { description: 'A name for this assertion in reports.', type: 'string' },
    assert: {
      description:
        'assert-set: its assertions; all must pass, or with a threshold their weighted mean score must reach it.',
      $ref: '#/$defs/assertions',
    },
    config: { description: 'Handed to javascript and python as context.config.', type: 'object' },
    model: {
      description: 'Model that gives the vectors of similar, or the labels of a classifier.',
      type: 'string',
    },
    endpoint: {
      description: 'Address of a classifier that answers [{label, score}] to {inputs}.',
      type: 'string',
    },
    label: {
      description: "toxicity, refusal: the classifier's label that is judged (toxic, refusal).",
      type: 'string',
    },
    timeout: {
      description: 'javascript, python: seconds that the code may take (10).',
      type: 'number',
      exclusiveMinimum: 0,
    },
  },
};
const func1 = Object.prototype.hasOwnProperty;
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
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.type === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
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
    for (const key0 in data) {
      if (!func1.call(schema34.properties, key0)) {
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
        data0 === 'rouge-n' ||
        data0 === 'bleu' ||
        data0 === 'gleu' ||
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
        data0 === 'classifier' ||
        data0 === 'toxicity' ||
        data0 === 'refusal' ||
        data0 === 'is-refusal' ||
        data0 === 'llm-rubric' ||
        data0 === 'pairwise' ||
        data0 === 'javascript' ||
        data0 === 'python' ||
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
        data0 === 'not-rouge-n' ||
        data0 === 'not-bleu' ||
        data0 === 'not-gleu' ||
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
        data0 === 'not-classifier' ||
        data0 === 'not-toxicity' ||
        data0 === 'not-refusal' ||
        data0 === 'not-is-refusal' ||
        data0 === 'not-llm-rubric' ||
        data0 === 'not-pairwise' ||
        data0 === 'not-javascript' ||
        data0 === 'not-python' ||
        data0 === 'not-tensor'
      )) {
        const err2 = {
          instancePath: instancePath + '/type',
          schemaPath: '#/properties/type/enum',
          keyword: 'enum',
          params: { allowedValues: schema34.properties.type.enum },
          message: 'must be equal to one of the allowed values',
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
    }
    if (data.threshold !== undefined) {
      let data1 = data.threshold;
      if (typeof data1 == 'number' && isFinite(data1)) {
        if (data1 < 0 || isNaN(data1)) {
          const err3 = {
            instancePath: instancePath + '/threshold',
            schemaPath: '#/properties/threshold/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            message: 'must be >= 0',
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = {
          instancePath: instancePath + '/threshold',
          schemaPath: '#/properties/threshold/type',
          keyword: 'type',
          params: { type: 'number' },
          message: 'must be number',
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
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
        const err5 = {
          instancePath: instancePath + '/status',
          schemaPath: '#/properties/status/type',
          keyword: 'type',
          params: { type: schema34.properties.status.type },
          message: 'must be string,integer',
        };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.weight !== undefined) {
      let data3 = data.weight;
      if (typeof data3 == 'number' && isFinite(data3)) {
        if (data3 <= 0 || isNaN(data3)) {
          const err6 = {
            instancePath: instancePath + '/weight',
            schemaPath: '#/properties/weight/exclusiveMinimum',
            keyword: 'exclusiveMinimum',
            params: { comparison: '>', limit: 0 },
            message: 'must be > 0',
          };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
      } else {
        const err7 = {
          instancePath: instancePath + '/weight',
          schemaPath: '#/properties/weight/type',
          keyword: 'type',
          params: { type: 'number' },
          message: 'must be number',
        };
        if (vErrors === null) {
          vErrors = [err7];
        } else {
          vErrors.push(err7);
        }
        errors++;
      }
    }
    if (data.metric !== undefined) {
      if (typeof data.metric !== 'string') {
        const err8 = {
          instancePath: instancePath + '/metric',
          schemaPath: '#/properties/metric/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err8];
        } else {
          vErrors.push(err8);
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
        const err9 = {
          instancePath: instancePath + '/config',
          schemaPath: '#/properties/config/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
    if (data.model !== undefined) {
      if (typeof data.model !== 'string') {
        const err10 = {
          instancePath: instancePath + '/model',
          schemaPath: '#/properties/model/type',
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
    if (data.endpoint !== undefined) {
      if (typeof data.endpoint !== 'string') {
        const err11 = {
          instancePath: instancePath + '/endpoint',
          schemaPath: '#/properties/endpoint/type',
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
    if (data.label !== undefined) {
      if (typeof data.label !== 'string') {
        const err12 = {
          instancePath: instancePath + '/label',
          schemaPath: '#/properties/label/type',
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
    if (data.timeout !== undefined) {
      let data10 = data.timeout;
      if (typeof data10 == 'number' && isFinite(data10)) {
        if (data10 <= 0 || isNaN(data10)) {
          const err13 = {
            instancePath: instancePath + '/timeout',
            schemaPath: '#/properties/timeout/exclusiveMinimum',
            keyword: 'exclusiveMinimum',
            params: { comparison: '>', limit: 0 },
            message: 'must be > 0',
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
          instancePath: instancePath + '/timeout',
          schemaPath: '#/properties/timeout/type',
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
  } else {
    const err15 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      message: 'must be object',
    };
    if (vErrors === null) {
      vErrors = [err15];
    } else {
      vErrors.push(err15);
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
  type: 'object',
  additionalProperties: false,
  properties: {
    description: { type: 'string' },
    vars: { $ref: '#/$defs/vars' },
    assert: { $ref: '#/$defs/assertions' },
    options: { $ref: '#/$defs/options' },
    metadata: { $ref: '#/$defs/metadata' },
    threshold: { $ref: '#/$defs/threshold' },
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
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 in data) {
      if (!(
        key0 === 'description' ||
        key0 === 'vars' ||
        key0 === 'assert' ||
        key0 === 'options' ||
        key0 === 'metadata' ||
        key0 === 'threshold'
      )) {
        const err0 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err0];
        } else {
          vErrors.push(err0);
        }
        errors++;
      }
    }
    if (data.description !== undefined) {
      if (typeof data.description !== 'string') {
        const err1 = {
          instancePath: instancePath + '/description',
          schemaPath: '#/properties/description/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
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
            typeof data2 !== 'string' &&
            !(typeof data2 == 'number' && isFinite(data2)) &&
            typeof data2 !== 'boolean' &&
            !Array.isArray(data2)
          ) {
            const err2 = {
              instancePath: instancePath + '/vars/' + key1.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/$defs/vars/additionalProperties/type',
              keyword: 'type',
              params: { type: schema32.additionalProperties.type },
              message: 'must be string,number,boolean,array',
            };
            if (vErrors === null) {
              vErrors = [err2];
            } else {
              vErrors.push(err2);
            }
            errors++;
          }
          if (Array.isArray(data2)) {
            const len0 = data2.length;
            for (let i0 = 0; i0 < len0; i0++) {
              let data3 = data2[i0];
              if (
                typeof data3 !== 'string' &&
                !(typeof data3 == 'number' && isFinite(data3)) &&
                typeof data3 !== 'boolean'
              ) {
                const err3 = {
                  instancePath:
                    instancePath + '/vars/' + key1.replace(/~/g, '~0').replace(/\//g, '~1') + '/' + i0,
                  schemaPath: '#/$defs/vars/additionalProperties/items/type',
                  keyword: 'type',
                  params: { type: schema32.additionalProperties.items.type },
                  message: 'must be string,number,boolean',
                };
                if (vErrors === null) {
                  vErrors = [err3];
                } else {
                  vErrors.push(err3);
                }
                errors++;
              }
            }
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
      let data5 = data.options;
      if (data5 && typeof data5 == 'object' && !Array.isArray(data5)) {
        for (const key2 in data5) {
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
        if (data5.protocol !== undefined) {
          let data6 = data5.protocol;
          if (!(data6 === 'openai-completions' || data6 === 'openai-chat')) {
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
        if (data5.system !== undefined) {
          if (typeof data5.system !== 'string') {
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
        if (data5.max_tokens !== undefined) {
          let data8 = data5.max_tokens;
          if (!(typeof data8 == 'number' && !(data8 % 1) && !isNaN(data8) && isFinite(data8))) {
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
          if (typeof data8 == 'number' && isFinite(data8)) {
            if (data8 < 1 || isNaN(data8)) {
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
        if (data5.temperature !== undefined) {
          let data9 = data5.temperature;
          if (typeof data9 == 'number' && isFinite(data9)) {
            if (data9 < 0 || isNaN(data9)) {
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
        if (data5.top_p !== undefined) {
          let data10 = data5.top_p;
          if (typeof data10 == 'number' && isFinite(data10)) {
            if (data10 > 1 || isNaN(data10)) {
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
            if (data10 < 0 || isNaN(data10)) {
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
        if (data5.seed !== undefined) {
          let data11 = data5.seed;
          if (!(typeof data11 == 'number' && !(data11 % 1) && !isNaN(data11) && isFinite(data11))) {
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
        if (data5.stop !== undefined) {
          let data12 = data5.stop;
          if (Array.isArray(data12)) {
            const len1 = data12.length;
            for (let i1 = 0; i1 < len1; i1++) {
              if (typeof data12[i1] !== 'string') {
                const err16 = {
                  instancePath: instancePath + '/options/stop/' + i1,
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
        if (data5.timeout !== undefined) {
          let data14 = data5.timeout;
          if (typeof data14 == 'number' && isFinite(data14)) {
            if (data14 <= 0 || isNaN(data14)) {
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
        if (data5.body !== undefined) {
          let data15 = data5.body;
          if (!(data15 && typeof data15 == 'object' && !Array.isArray(data15))) {
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
      } else {
        const err21 = {
          instancePath: instancePath + '/options',
          schemaPath: '#/$defs/options/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err21];
        } else {
          vErrors.push(err21);
        }
        errors++;
      }
    }
    if (data.metadata !== undefined) {
      let data16 = data.metadata;
      if (data16 && typeof data16 == 'object' && !Array.isArray(data16)) {
        if (data16.tags !== undefined) {
          let data17 = data16.tags;
          if (Array.isArray(data17)) {
            const len2 = data17.length;
            for (let i2 = 0; i2 < len2; i2++) {
              if (typeof data17[i2] !== 'string') {
                const err22 = {
                  instancePath: instancePath + '/metadata/tags/' + i2,
                  schemaPath: '#/$defs/metadata/properties/tags/items/type',
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
          } else {
            const err23 = {
              instancePath: instancePath + '/metadata/tags',
              schemaPath: '#/$defs/metadata/properties/tags/type',
              keyword: 'type',
              params: { type: 'array' },
              message: 'must be array',
            };
            if (vErrors === null) {
              vErrors = [err23];
            } else {
              vErrors.push(err23);
            }
            errors++;
          }
        }
      } else {
        const err24 = {
          instancePath: instancePath + '/metadata',
          schemaPath: '#/$defs/metadata/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err24];
        } else {
          vErrors.push(err24);
        }
        errors++;
      }
    }
    if (data.threshold !== undefined) {
      let data19 = data.threshold;
      if (typeof data19 == 'number' && isFinite(data19)) {
        if (data19 > 1 || isNaN(data19)) {
          const err25 = {
            instancePath: instancePath + '/threshold',
            schemaPath: '#/$defs/threshold/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 1 },
            message: 'must be <= 1',
          };
          if (vErrors === null) {
            vErrors = [err25];
          } else {
            vErrors.push(err25);
          }
          errors++;
        }
        if (data19 <= 0 || isNaN(data19)) {
          const err26 = {
            instancePath: instancePath + '/threshold',
            schemaPath: '#/$defs/threshold/exclusiveMinimum',
            keyword: 'exclusiveMinimum',
            params: { comparison: '>', limit: 0 },
            message: 'must be > 0',
          };
          if (vErrors === null) {
            vErrors = [err26];
          } else {
            vErrors.push(err26);
          }
          errors++;
        }
      } else {
        const err27 = {
          instancePath: instancePath + '/threshold',
          schemaPath: '#/$defs/threshold/type',
          keyword: 'type',
          params: { type: 'number' },
          message: 'must be number',
        };
        if (vErrors === null) {
          vErrors = [err27];
        } else {
          vErrors.push(err27);
        }
        errors++;
      }
    }
  } else {
    const err28 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      message: 'must be object',
    };
    if (vErrors === null) {
      vErrors = [err28];
    } else {
      vErrors.push(err28);
    }
    errors++;
  }
  validate25.errors = vErrors;
  return errors === 0;
}
validate25.evaluated = { props: true, dynamicProps: false, dynamicItems: false };
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
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.tests === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
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
    for (const key0 in data) {
      if (!(
        key0 === '$schema' ||
        key0 === 'description' ||
        key0 === 'prompts' ||
        key0 === 'defaultTest' ||
        key0 === 'tests'
      )) {
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
    if (data.$schema !== undefined) {
      if (typeof data.$schema !== 'string') {
        const err2 = {
          instancePath: instancePath + '/$schema',
          schemaPath: '#/properties/%24schema/type',
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
    if (data.description !== undefined) {
      if (typeof data.description !== 'string') {
        const err3 = {
          instancePath: instancePath + '/description',
          schemaPath: '#/properties/description/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err3];
        } else {
          vErrors.push(err3);
        }
        errors++;
      }
    }
    if (data.prompts !== undefined) {
      let data2 = data.prompts;
      if (Array.isArray(data2)) {
        if (data2.length < 1) {
          const err4 = {
            instancePath: instancePath + '/prompts',
            schemaPath: '#/properties/prompts/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err4];
          } else {
            vErrors.push(err4);
          }
          errors++;
        }
        const len0 = data2.length;
        for (let i0 = 0; i0 < len0; i0++) {
          if (typeof data2[i0] !== 'string') {
            const err5 = {
              instancePath: instancePath + '/prompts/' + i0,
              schemaPath: '#/properties/prompts/items/type',
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
      } else {
        const err6 = {
          instancePath: instancePath + '/prompts',
          schemaPath: '#/properties/prompts/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err6];
        } else {
          vErrors.push(err6);
        }
        errors++;
      }
    }
    if (data.defaultTest !== undefined) {
      let data4 = data.defaultTest;
      if (data4 && typeof data4 == 'object' && !Array.isArray(data4)) {
        for (const key1 in data4) {
          if (!(
            key1 === 'vars' ||
            key1 === 'assert' ||
            key1 === 'options' ||
            key1 === 'metadata' ||
            key1 === 'threshold'
          )) {
            const err7 = {
              instancePath: instancePath + '/defaultTest',
              schemaPath: '#/properties/defaultTest/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key1 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err7];
            } else {
              vErrors.push(err7);
            }
            errors++;
          }
        }
        if (data4.vars !== undefined) {
          let data5 = data4.vars;
          if (data5 && typeof data5 == 'object' && !Array.isArray(data5)) {
            for (const key2 in data5) {
              let data6 = data5[key2];
              if (
                typeof data6 !== 'string' &&
                !(typeof data6 == 'number' && isFinite(data6)) &&
                typeof data6 !== 'boolean' &&
                !Array.isArray(data6)
              ) {
                const err8 = {
                  instancePath:
                    instancePath + '/defaultTest/vars/' + key2.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/$defs/vars/additionalProperties/type',
                  keyword: 'type',
                  params: { type: schema32.additionalProperties.type },
                  message: 'must be string,number,boolean,array',
                };
                if (vErrors === null) {
                  vErrors = [err8];
                } else {
                  vErrors.push(err8);
                }
                errors++;
              }
              if (Array.isArray(data6)) {
                const len1 = data6.length;
                for (let i1 = 0; i1 < len1; i1++) {
                  let data7 = data6[i1];
                  if (
                    typeof data7 !== 'string' &&
                    !(typeof data7 == 'number' && isFinite(data7)) &&
                    typeof data7 !== 'boolean'
                  ) {
                    const err9 = {
                      instancePath:
                        instancePath +
                        '/defaultTest/vars/' +
                        key2.replace(/~/g, '~0').replace(/\//g, '~1') +
                        '/' +
                        i1,
                      schemaPath: '#/$defs/vars/additionalProperties/items/type',
                      keyword: 'type',
                      params: { type: schema32.additionalProperties.items.type },
                      message: 'must be string,number,boolean',
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
            }
          } else {
            const err10 = {
              instancePath: instancePath + '/defaultTest/vars',
              schemaPath: '#/$defs/vars/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err10];
            } else {
              vErrors.push(err10);
            }
            errors++;
          }
        }
        if (data4.assert !== undefined) {
          if (
            !validate21(data4.assert, {
              instancePath: instancePath + '/defaultTest/assert',
              parentData: data4,
              parentDataProperty: 'assert',
              rootData,
              dynamicAnchors,
            })
          ) {
            vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
            errors = vErrors.length;
          }
        }
        if (data4.options !== undefined) {
          let data9 = data4.options;
          if (data9 && typeof data9 == 'object' && !Array.isArray(data9)) {
            for (const key3 in data9) {
              if (!func1.call(schema35.properties, key3)) {
                const err11 = {
                  instancePath: instancePath + '/defaultTest/options',
                  schemaPath: '#/$defs/options/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key3 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err11];
                } else {
                  vErrors.push(err11);
                }
                errors++;
              }
            }
            if (data9.protocol !== undefined) {
              let data10 = data9.protocol;
              if (!(data10 === 'openai-completions' || data10 === 'openai-chat')) {
                const err12 = {
                  instancePath: instancePath + '/defaultTest/options/protocol',
                  schemaPath: '#/$defs/options/properties/protocol/enum',
                  keyword: 'enum',
                  params: { allowedValues: schema35.properties.protocol.enum },
                  message: 'must be equal to one of the allowed values',
                };
                if (vErrors === null) {
                  vErrors = [err12];
                } else {
                  vErrors.push(err12);
                }
                errors++;
              }
            }
            if (data9.system !== undefined) {
              if (typeof data9.system !== 'string') {
                const err13 = {
                  instancePath: instancePath + '/defaultTest/options/system',
                  schemaPath: '#/$defs/options/properties/system/type',
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
            if (data9.max_tokens !== undefined) {
              let data12 = data9.max_tokens;
              if (!(typeof data12 == 'number' && !(data12 % 1) && !isNaN(data12) && isFinite(data12))) {
                const err14 = {
                  instancePath: instancePath + '/defaultTest/options/max_tokens',
                  schemaPath: '#/$defs/options/properties/max_tokens/type',
                  keyword: 'type',
                  params: { type: 'integer' },
                  message: 'must be integer',
                };
                if (vErrors === null) {
                  vErrors = [err14];
                } else {
                  vErrors.push(err14);
                }
                errors++;
              }
              if (typeof data12 == 'number' && isFinite(data12)) {
                if (data12 < 1 || isNaN(data12)) {
                  const err15 = {
                    instancePath: instancePath + '/defaultTest/options/max_tokens',
                    schemaPath: '#/$defs/options/properties/max_tokens/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 1 },
                    message: 'must be >= 1',
                  };
                  if (vErrors === null) {
                    vErrors = [err15];
                  } else {
                    vErrors.push(err15);
                  }
                  errors++;
                }
              }
            }
            if (data9.temperature !== undefined) {
              let data13 = data9.temperature;
              if (typeof data13 == 'number' && isFinite(data13)) {
                if (data13 < 0 || isNaN(data13)) {
                  const err16 = {
                    instancePath: instancePath + '/defaultTest/options/temperature',
                    schemaPath: '#/$defs/options/properties/temperature/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 0 },
                    message: 'must be >= 0',
                  };
                  if (vErrors === null) {
                    vErrors = [err16];
                  } else {
                    vErrors.push(err16);
                  }
                  errors++;
                }
              } else {
                const err17 = {
                  instancePath: instancePath + '/defaultTest/options/temperature',
                  schemaPath: '#/$defs/options/properties/temperature/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err17];
                } else {
                  vErrors.push(err17);
                }
                errors++;
              }
            }
            if (data9.top_p !== undefined) {
              let data14 = data9.top_p;
              if (typeof data14 == 'number' && isFinite(data14)) {
                if (data14 > 1 || isNaN(data14)) {
                  const err18 = {
                    instancePath: instancePath + '/defaultTest/options/top_p',
                    schemaPath: '#/$defs/options/properties/top_p/maximum',
                    keyword: 'maximum',
                    params: { comparison: '<=', limit: 1 },
                    message: 'must be <= 1',
                  };
                  if (vErrors === null) {
                    vErrors = [err18];
                  } else {
                    vErrors.push(err18);
                  }
                  errors++;
                }
                if (data14 < 0 || isNaN(data14)) {
                  const err19 = {
                    instancePath: instancePath + '/defaultTest/options/top_p',
                    schemaPath: '#/$defs/options/properties/top_p/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 0 },
                    message: 'must be >= 0',
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
                  instancePath: instancePath + '/defaultTest/options/top_p',
                  schemaPath: '#/$defs/options/properties/top_p/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err20];
                } else {
                  vErrors.push(err20);
                }
                errors++;
              }
            }
            if (data9.seed !== undefined) {
              let data15 = data9.seed;
              if (!(typeof data15 == 'number' && !(data15 % 1) && !isNaN(data15) && isFinite(data15))) {
                const err21 = {
                  instancePath: instancePath + '/defaultTest/options/seed',
                  schemaPath: '#/$defs/options/properties/seed/type',
                  keyword: 'type',
                  params: { type: 'integer' },
                  message: 'must be integer',
                };
                if (vErrors === null) {
                  vErrors = [err21];
                } else {
                  vErrors.push(err21);
                }
                errors++;
              }
            }
            if (data9.stop !== undefined) {
              let data16 = data9.stop;
              if (Array.isArray(data16)) {
                const len2 = data16.length;
                for (let i2 = 0; i2 < len2; i2++) {
                  if (typeof data16[i2] !== 'string') {
                    const err22 = {
                      instancePath: instancePath + '/defaultTest/options/stop/' + i2,
                      schemaPath: '#/$defs/options/properties/stop/items/type',
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
              } else {
                const err23 = {
                  instancePath: instancePath + '/defaultTest/options/stop',
                  schemaPath: '#/$defs/options/properties/stop/type',
                  keyword: 'type',
                  params: { type: 'array' },
                  message: 'must be array',
                };
                if (vErrors === null) {
                  vErrors = [err23];
                } else {
                  vErrors.push(err23);
                }
                errors++;
              }
            }
            if (data9.timeout !== undefined) {
              let data18 = data9.timeout;
              if (typeof data18 == 'number' && isFinite(data18)) {
                if (data18 <= 0 || isNaN(data18)) {
                  const err24 = {
                    instancePath: instancePath + '/defaultTest/options/timeout',
                    schemaPath: '#/$defs/options/properties/timeout/exclusiveMinimum',
                    keyword: 'exclusiveMinimum',
                    params: { comparison: '>', limit: 0 },
                    message: 'must be > 0',
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
                  instancePath: instancePath + '/defaultTest/options/timeout',
                  schemaPath: '#/$defs/options/properties/timeout/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err25];
                } else {
                  vErrors.push(err25);
                }
                errors++;
              }
            }
            if (data9.body !== undefined) {
              let data19 = data9.body;
              if (!(data19 && typeof data19 == 'object' && !Array.isArray(data19))) {
                const err26 = {
                  instancePath: instancePath + '/defaultTest/options/body',
                  schemaPath: '#/$defs/options/properties/body/type',
                  keyword: 'type',
                  params: { type: 'object' },
                  message: 'must be object',
                };
                if (vErrors === null) {
                  vErrors = [err26];
                } else {
                  vErrors.push(err26);
                }
                errors++;
              }
            }
          } else {
            const err27 = {
              instancePath: instancePath + '/defaultTest/options',
              schemaPath: '#/$defs/options/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err27];
            } else {
              vErrors.push(err27);
            }
            errors++;
          }
        }
        if (data4.metadata !== undefined) {
          let data20 = data4.metadata;
          if (data20 && typeof data20 == 'object' && !Array.isArray(data20)) {
            if (data20.tags !== undefined) {
              let data21 = data20.tags;
              if (Array.isArray(data21)) {
                const len3 = data21.length;
                for (let i3 = 0; i3 < len3; i3++) {
                  if (typeof data21[i3] !== 'string') {
                    const err28 = {
                      instancePath: instancePath + '/defaultTest/metadata/tags/' + i3,
                      schemaPath: '#/$defs/metadata/properties/tags/items/type',
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
                  instancePath: instancePath + '/defaultTest/metadata/tags',
                  schemaPath: '#/$defs/metadata/properties/tags/type',
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
          } else {
            const err30 = {
              instancePath: instancePath + '/defaultTest/metadata',
              schemaPath: '#/$defs/metadata/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err30];
            } else {
              vErrors.push(err30);
            }
            errors++;
          }
        }
        if (data4.threshold !== undefined) {
          let data23 = data4.threshold;
          if (typeof data23 == 'number' && isFinite(data23)) {
            if (data23 > 1 || isNaN(data23)) {
              const err31 = {
                instancePath: instancePath + '/defaultTest/threshold',
                schemaPath: '#/$defs/threshold/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 1 },
                message: 'must be <= 1',
              };
              if (vErrors === null) {
                vErrors = [err31];
              } else {
                vErrors.push(err31);
              }
              errors++;
            }
            if (data23 <= 0 || isNaN(data23)) {
              const err32 = {
                instancePath: instancePath + '/defaultTest/threshold',
                schemaPath: '#/$defs/threshold/exclusiveMinimum',
                keyword: 'exclusiveMinimum',
                params: { comparison: '>', limit: 0 },
                message: 'must be > 0',
              };
              if (vErrors === null) {
                vErrors = [err32];
              } else {
                vErrors.push(err32);
              }
              errors++;
            }
          } else {
            const err33 = {
              instancePath: instancePath + '/defaultTest/threshold',
              schemaPath: '#/$defs/threshold/type',
              keyword: 'type',
              params: { type: 'number' },
              message: 'must be number',
            };
            if (vErrors === null) {
              vErrors = [err33];
            } else {
              vErrors.push(err33);
            }
            errors++;
          }
        }
      } else {
        const err34 = {
          instancePath: instancePath + '/defaultTest',
          schemaPath: '#/properties/defaultTest/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err34];
        } else {
          vErrors.push(err34);
        }
        errors++;
      }
    }
    if (data.tests !== undefined) {
      let data24 = data.tests;
      if (Array.isArray(data24)) {
        if (data24.length < 1) {
          const err35 = {
            instancePath: instancePath + '/tests',
            schemaPath: '#/properties/tests/minItems',
            keyword: 'minItems',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 items',
          };
          if (vErrors === null) {
            vErrors = [err35];
          } else {
            vErrors.push(err35);
          }
          errors++;
        }
        const len4 = data24.length;
        for (let i4 = 0; i4 < len4; i4++) {
          if (
            !validate25(data24[i4], {
              instancePath: instancePath + '/tests/' + i4,
              parentData: data24,
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
        const err36 = {
          instancePath: instancePath + '/tests',
          schemaPath: '#/properties/tests/type',
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
  } else {
    const err37 = {
      instancePath,
      schemaPath: '#/type',
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
  validate20.errors = vErrors;
  return errors === 0;
}
validate20.evaluated = { props: true, dynamicProps: false, dynamicItems: false };
