// @ts-nocheck
// Generated from schemas/results.schema.json by scripts/generate.ts: change the schema, then run it.
/* eslint-disable */

export default validate20 as unknown as import('ajv').ValidateFunction;
const schema31 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'results.schema.json',
  'x-validator': 'packages/inference/src/results-schema.gen.ts',
  title: 'Results of inference-test',
  type: 'object',
  required: [
    'schemaVersion',
    'tool',
    'suite',
    'createdAt',
    'engine',
    'modelName',
    'seed',
    'percentileMethod',
    'cases',
    'metrics',
  ],
  additionalProperties: false,
  properties: {
    schemaVersion: { const: 1 },
    tool: { const: 'sluice-inference-test' },
    suite: { type: 'array', items: { type: 'string' } },
    createdAt: { type: 'string' },
    engine: { description: "name@version, or the endpoint's origin.", type: 'string' },
    modelName: { type: 'string' },
    seed: { type: ['integer', 'null'] },
    percentileMethod: { const: 'linear' },
    cases: { type: 'array', items: { $ref: '#/$defs/case' } },
    metrics: { type: 'object', additionalProperties: { $ref: '#/$defs/metric' } },
  },
  $defs: {
    milliseconds: { type: ['number', 'null'], minimum: 0 },
    case: {
      type: 'object',
      required: [
        'id',
        'description',
        'suite',
        'tags',
        'kind',
        'prompt',
        'answer',
        'status',
        'score',
        'reasons',
        'repeats',
        'ttft_ms',
        'e2e_ms',
        'output_tokens',
        'tokens_per_second',
      ],
      additionalProperties: false,
      properties: {
        id: {
          description: "sha256 of the case's content, free of file and order: pairs runs.",
          type: 'string',
        },
        description: { type: 'string' },
        suite: { type: 'string' },
        tags: { type: 'array', items: { type: 'string' } },
        kind: {
          description: 'bad-input: the server has to refuse the request.',
          enum: ['functional', 'bad-input'],
        },
        prompt: { description: 'null when `texts` withholds it.', type: ['string', 'null'] },
        answer: { description: 'null when `texts` withholds it or none came.', type: ['string', 'null'] },
        status: { enum: ['passed', 'failed', 'error', 'skipped'] },
        score: { type: 'number', minimum: 0, maximum: 1 },
        reasons: { type: 'array', items: { type: 'string' } },
        repeats: {
          type: 'object',
          required: ['passed', 'failed', 'errors'],
          additionalProperties: false,
          properties: {
            passed: { type: 'integer', minimum: 0 },
            failed: { type: 'integer', minimum: 0 },
            errors: { type: 'integer', minimum: 0 },
          },
        },
        ttft_ms: { $ref: '#/$defs/milliseconds' },
        e2e_ms: { $ref: '#/$defs/milliseconds' },
        output_tokens: { type: ['number', 'null'], minimum: 0 },
        tokens_per_second: { type: ['number', 'null'], minimum: 0 },
      },
    },
    metric: {
      type: 'object',
      required: ['value'],
      additionalProperties: false,
      properties: {
        value: { description: 'null: not measured, or too few samples to say.', type: ['number', 'null'] },
        unit: { type: 'string' },
        n: { type: 'integer', minimum: 0 },
        low: { type: ['number', 'null'] },
        high: { type: ['number', 'null'] },
        insufficient: {
          description: 'There are fewer samples than a claim about this number needs.',
          const: true,
        },
        needed: { description: 'How many samples that claim needs.', type: 'integer' },
      },
    },
  },
};
const schema35 = {
  type: 'object',
  required: ['value'],
  additionalProperties: false,
  properties: {
    value: { description: 'null: not measured, or too few samples to say.', type: ['number', 'null'] },
    unit: { type: 'string' },
    n: { type: 'integer', minimum: 0 },
    low: { type: ['number', 'null'] },
    high: { type: ['number', 'null'] },
    insufficient: {
      description: 'There are fewer samples than a claim about this number needs.',
      const: true,
    },
    needed: { description: 'How many samples that claim needs.', type: 'integer' },
  },
};
const func1 = Object.prototype.hasOwnProperty;
const schema32 = {
  type: 'object',
  required: [
    'id',
    'description',
    'suite',
    'tags',
    'kind',
    'prompt',
    'answer',
    'status',
    'score',
    'reasons',
    'repeats',
    'ttft_ms',
    'e2e_ms',
    'output_tokens',
    'tokens_per_second',
  ],
  additionalProperties: false,
  properties: {
    id: { description: "sha256 of the case's content, free of file and order: pairs runs.", type: 'string' },
    description: { type: 'string' },
    suite: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
    kind: {
      description: 'bad-input: the server has to refuse the request.',
      enum: ['functional', 'bad-input'],
    },
    prompt: { description: 'null when `texts` withholds it.', type: ['string', 'null'] },
    answer: { description: 'null when `texts` withholds it or none came.', type: ['string', 'null'] },
    status: { enum: ['passed', 'failed', 'error', 'skipped'] },
    score: { type: 'number', minimum: 0, maximum: 1 },
    reasons: { type: 'array', items: { type: 'string' } },
    repeats: {
      type: 'object',
      required: ['passed', 'failed', 'errors'],
      additionalProperties: false,
      properties: {
        passed: { type: 'integer', minimum: 0 },
        failed: { type: 'integer', minimum: 0 },
        errors: { type: 'integer', minimum: 0 },
      },
    },
    ttft_ms: { $ref: '#/$defs/milliseconds' },
    e2e_ms: { $ref: '#/$defs/milliseconds' },
    output_tokens: { type: ['number', 'null'], minimum: 0 },
    tokens_per_second: { type: ['number', 'null'], minimum: 0 },
  },
};
const schema33 = { type: ['number', 'null'], minimum: 0 };

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
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.id === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'id' },
        message: "must have required property '" + 'id' + "'",
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.description === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'description' },
        message: "must have required property '" + 'description' + "'",
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.suite === undefined) {
      const err2 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'suite' },
        message: "must have required property '" + 'suite' + "'",
      };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.tags === undefined) {
      const err3 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'tags' },
        message: "must have required property '" + 'tags' + "'",
      };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    if (data.kind === undefined) {
      const err4 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'kind' },
        message: "must have required property '" + 'kind' + "'",
      };
      if (vErrors === null) {
        vErrors = [err4];
      } else {
        vErrors.push(err4);
      }
      errors++;
    }
    if (data.prompt === undefined) {
      const err5 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'prompt' },
        message: "must have required property '" + 'prompt' + "'",
      };
      if (vErrors === null) {
        vErrors = [err5];
      } else {
        vErrors.push(err5);
      }
      errors++;
    }
    if (data.answer === undefined) {
      const err6 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'answer' },
        message: "must have required property '" + 'answer' + "'",
      };
      if (vErrors === null) {
        vErrors = [err6];
      } else {
        vErrors.push(err6);
      }
      errors++;
    }
    if (data.status === undefined) {
      const err7 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'status' },
        message: "must have required property '" + 'status' + "'",
      };
      if (vErrors === null) {
        vErrors = [err7];
      } else {
        vErrors.push(err7);
      }
      errors++;
    }
    if (data.score === undefined) {
      const err8 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'score' },
        message: "must have required property '" + 'score' + "'",
      };
      if (vErrors === null) {
        vErrors = [err8];
      } else {
        vErrors.push(err8);
      }
      errors++;
    }
    if (data.reasons === undefined) {
      const err9 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'reasons' },
        message: "must have required property '" + 'reasons' + "'",
      };
      if (vErrors === null) {
        vErrors = [err9];
      } else {
        vErrors.push(err9);
      }
      errors++;
    }
    if (data.repeats === undefined) {
      const err10 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'repeats' },
        message: "must have required property '" + 'repeats' + "'",
      };
      if (vErrors === null) {
        vErrors = [err10];
      } else {
        vErrors.push(err10);
      }
      errors++;
    }
    if (data.ttft_ms === undefined) {
      const err11 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'ttft_ms' },
        message: "must have required property '" + 'ttft_ms' + "'",
      };
      if (vErrors === null) {
        vErrors = [err11];
      } else {
        vErrors.push(err11);
      }
      errors++;
    }
    if (data.e2e_ms === undefined) {
      const err12 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'e2e_ms' },
        message: "must have required property '" + 'e2e_ms' + "'",
      };
      if (vErrors === null) {
        vErrors = [err12];
      } else {
        vErrors.push(err12);
      }
      errors++;
    }
    if (data.output_tokens === undefined) {
      const err13 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'output_tokens' },
        message: "must have required property '" + 'output_tokens' + "'",
      };
      if (vErrors === null) {
        vErrors = [err13];
      } else {
        vErrors.push(err13);
      }
      errors++;
    }
    if (data.tokens_per_second === undefined) {
      const err14 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'tokens_per_second' },
        message: "must have required property '" + 'tokens_per_second' + "'",
      };
      if (vErrors === null) {
        vErrors = [err14];
      } else {
        vErrors.push(err14);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!func1.call(schema32.properties, key0)) {
        const err15 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err15];
        } else {
          vErrors.push(err15);
        }
        errors++;
      }
    }
    if (data.id !== undefined) {
      if (typeof data.id !== 'string') {
        const err16 = {
          instancePath: instancePath + '/id',
          schemaPath: '#/properties/id/type',
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
    if (data.description !== undefined) {
      if (typeof data.description !== 'string') {
        const err17 = {
          instancePath: instancePath + '/description',
          schemaPath: '#/properties/description/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err17];
        } else {
          vErrors.push(err17);
        }
        errors++;
      }
    }
    if (data.suite !== undefined) {
      if (typeof data.suite !== 'string') {
        const err18 = {
          instancePath: instancePath + '/suite',
          schemaPath: '#/properties/suite/type',
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
    if (data.tags !== undefined) {
      let data3 = data.tags;
      if (Array.isArray(data3)) {
        const len0 = data3.length;
        for (let i0 = 0; i0 < len0; i0++) {
          if (typeof data3[i0] !== 'string') {
            const err19 = {
              instancePath: instancePath + '/tags/' + i0,
              schemaPath: '#/properties/tags/items/type',
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
      } else {
        const err20 = {
          instancePath: instancePath + '/tags',
          schemaPath: '#/properties/tags/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err20];
        } else {
          vErrors.push(err20);
        }
        errors++;
      }
    }
    if (data.kind !== undefined) {
      let data5 = data.kind;
      if (!(data5 === 'functional' || data5 === 'bad-input')) {
        const err21 = {
          instancePath: instancePath + '/kind',
          schemaPath: '#/properties/kind/enum',
          keyword: 'enum',
          params: { allowedValues: schema32.properties.kind.enum },
          message: 'must be equal to one of the allowed values',
        };
        if (vErrors === null) {
          vErrors = [err21];
        } else {
          vErrors.push(err21);
        }
        errors++;
      }
    }
    if (data.prompt !== undefined) {
      let data6 = data.prompt;
      if (typeof data6 !== 'string' && data6 !== null) {
        const err22 = {
          instancePath: instancePath + '/prompt',
          schemaPath: '#/properties/prompt/type',
          keyword: 'type',
          params: { type: schema32.properties.prompt.type },
          message: 'must be string,null',
        };
        if (vErrors === null) {
          vErrors = [err22];
        } else {
          vErrors.push(err22);
        }
        errors++;
      }
    }
    if (data.answer !== undefined) {
      let data7 = data.answer;
      if (typeof data7 !== 'string' && data7 !== null) {
        const err23 = {
          instancePath: instancePath + '/answer',
          schemaPath: '#/properties/answer/type',
          keyword: 'type',
          params: { type: schema32.properties.answer.type },
          message: 'must be string,null',
        };
        if (vErrors === null) {
          vErrors = [err23];
        } else {
          vErrors.push(err23);
        }
        errors++;
      }
    }
    if (data.status !== undefined) {
      let data8 = data.status;
      if (!(data8 === 'passed' || data8 === 'failed' || data8 === 'error' || data8 === 'skipped')) {
        const err24 = {
          instancePath: instancePath + '/status',
          schemaPath: '#/properties/status/enum',
          keyword: 'enum',
          params: { allowedValues: schema32.properties.status.enum },
          message: 'must be equal to one of the allowed values',
        };
        if (vErrors === null) {
          vErrors = [err24];
        } else {
          vErrors.push(err24);
        }
        errors++;
      }
    }
    if (data.score !== undefined) {
      let data9 = data.score;
      if (typeof data9 == 'number' && isFinite(data9)) {
        if (data9 > 1 || isNaN(data9)) {
          const err25 = {
            instancePath: instancePath + '/score',
            schemaPath: '#/properties/score/maximum',
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
        if (data9 < 0 || isNaN(data9)) {
          const err26 = {
            instancePath: instancePath + '/score',
            schemaPath: '#/properties/score/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            message: 'must be >= 0',
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
          instancePath: instancePath + '/score',
          schemaPath: '#/properties/score/type',
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
    if (data.reasons !== undefined) {
      let data10 = data.reasons;
      if (Array.isArray(data10)) {
        const len1 = data10.length;
        for (let i1 = 0; i1 < len1; i1++) {
          if (typeof data10[i1] !== 'string') {
            const err28 = {
              instancePath: instancePath + '/reasons/' + i1,
              schemaPath: '#/properties/reasons/items/type',
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
          instancePath: instancePath + '/reasons',
          schemaPath: '#/properties/reasons/type',
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
    if (data.repeats !== undefined) {
      let data12 = data.repeats;
      if (data12 && typeof data12 == 'object' && !Array.isArray(data12)) {
        if (data12.passed === undefined) {
          const err30 = {
            instancePath: instancePath + '/repeats',
            schemaPath: '#/properties/repeats/required',
            keyword: 'required',
            params: { missingProperty: 'passed' },
            message: "must have required property '" + 'passed' + "'",
          };
          if (vErrors === null) {
            vErrors = [err30];
          } else {
            vErrors.push(err30);
          }
          errors++;
        }
        if (data12.failed === undefined) {
          const err31 = {
            instancePath: instancePath + '/repeats',
            schemaPath: '#/properties/repeats/required',
            keyword: 'required',
            params: { missingProperty: 'failed' },
            message: "must have required property '" + 'failed' + "'",
          };
          if (vErrors === null) {
            vErrors = [err31];
          } else {
            vErrors.push(err31);
          }
          errors++;
        }
        if (data12.errors === undefined) {
          const err32 = {
            instancePath: instancePath + '/repeats',
            schemaPath: '#/properties/repeats/required',
            keyword: 'required',
            params: { missingProperty: 'errors' },
            message: "must have required property '" + 'errors' + "'",
          };
          if (vErrors === null) {
            vErrors = [err32];
          } else {
            vErrors.push(err32);
          }
          errors++;
        }
        for (const key1 in data12) {
          if (!(key1 === 'passed' || key1 === 'failed' || key1 === 'errors')) {
            const err33 = {
              instancePath: instancePath + '/repeats',
              schemaPath: '#/properties/repeats/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key1 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err33];
            } else {
              vErrors.push(err33);
            }
            errors++;
          }
        }
        if (data12.passed !== undefined) {
          let data13 = data12.passed;
          if (!(typeof data13 == 'number' && !(data13 % 1) && !isNaN(data13) && isFinite(data13))) {
            const err34 = {
              instancePath: instancePath + '/repeats/passed',
              schemaPath: '#/properties/repeats/properties/passed/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err34];
            } else {
              vErrors.push(err34);
            }
            errors++;
          }
          if (typeof data13 == 'number' && isFinite(data13)) {
            if (data13 < 0 || isNaN(data13)) {
              const err35 = {
                instancePath: instancePath + '/repeats/passed',
                schemaPath: '#/properties/repeats/properties/passed/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 0 },
                message: 'must be >= 0',
              };
              if (vErrors === null) {
                vErrors = [err35];
              } else {
                vErrors.push(err35);
              }
              errors++;
            }
          }
        }
        if (data12.failed !== undefined) {
          let data14 = data12.failed;
          if (!(typeof data14 == 'number' && !(data14 % 1) && !isNaN(data14) && isFinite(data14))) {
            const err36 = {
              instancePath: instancePath + '/repeats/failed',
              schemaPath: '#/properties/repeats/properties/failed/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err36];
            } else {
              vErrors.push(err36);
            }
            errors++;
          }
          if (typeof data14 == 'number' && isFinite(data14)) {
            if (data14 < 0 || isNaN(data14)) {
              const err37 = {
                instancePath: instancePath + '/repeats/failed',
                schemaPath: '#/properties/repeats/properties/failed/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 0 },
                message: 'must be >= 0',
              };
              if (vErrors === null) {
                vErrors = [err37];
              } else {
                vErrors.push(err37);
              }
              errors++;
            }
          }
        }
        if (data12.errors !== undefined) {
          let data15 = data12.errors;
          if (!(typeof data15 == 'number' && !(data15 % 1) && !isNaN(data15) && isFinite(data15))) {
            const err38 = {
              instancePath: instancePath + '/repeats/errors',
              schemaPath: '#/properties/repeats/properties/errors/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err38];
            } else {
              vErrors.push(err38);
            }
            errors++;
          }
          if (typeof data15 == 'number' && isFinite(data15)) {
            if (data15 < 0 || isNaN(data15)) {
              const err39 = {
                instancePath: instancePath + '/repeats/errors',
                schemaPath: '#/properties/repeats/properties/errors/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 0 },
                message: 'must be >= 0',
              };
              if (vErrors === null) {
                vErrors = [err39];
              } else {
                vErrors.push(err39);
              }
              errors++;
            }
          }
        }
      } else {
        const err40 = {
          instancePath: instancePath + '/repeats',
          schemaPath: '#/properties/repeats/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err40];
        } else {
          vErrors.push(err40);
        }
        errors++;
      }
    }
    if (data.ttft_ms !== undefined) {
      let data16 = data.ttft_ms;
      if (!(typeof data16 == 'number' && isFinite(data16)) && data16 !== null) {
        const err41 = {
          instancePath: instancePath + '/ttft_ms',
          schemaPath: '#/$defs/milliseconds/type',
          keyword: 'type',
          params: { type: schema33.type },
          message: 'must be number,null',
        };
        if (vErrors === null) {
          vErrors = [err41];
        } else {
          vErrors.push(err41);
        }
        errors++;
      }
      if (typeof data16 == 'number' && isFinite(data16)) {
        if (data16 < 0 || isNaN(data16)) {
          const err42 = {
            instancePath: instancePath + '/ttft_ms',
            schemaPath: '#/$defs/milliseconds/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            message: 'must be >= 0',
          };
          if (vErrors === null) {
            vErrors = [err42];
          } else {
            vErrors.push(err42);
          }
          errors++;
        }
      }
    }
    if (data.e2e_ms !== undefined) {
      let data17 = data.e2e_ms;
      if (!(typeof data17 == 'number' && isFinite(data17)) && data17 !== null) {
        const err43 = {
          instancePath: instancePath + '/e2e_ms',
          schemaPath: '#/$defs/milliseconds/type',
          keyword: 'type',
          params: { type: schema33.type },
          message: 'must be number,null',
        };
        if (vErrors === null) {
          vErrors = [err43];
        } else {
          vErrors.push(err43);
        }
        errors++;
      }
      if (typeof data17 == 'number' && isFinite(data17)) {
        if (data17 < 0 || isNaN(data17)) {
          const err44 = {
            instancePath: instancePath + '/e2e_ms',
            schemaPath: '#/$defs/milliseconds/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            message: 'must be >= 0',
          };
          if (vErrors === null) {
            vErrors = [err44];
          } else {
            vErrors.push(err44);
          }
          errors++;
        }
      }
    }
    if (data.output_tokens !== undefined) {
      let data18 = data.output_tokens;
      if (!(typeof data18 == 'number' && isFinite(data18)) && data18 !== null) {
        const err45 = {
          instancePath: instancePath + '/output_tokens',
          schemaPath: '#/properties/output_tokens/type',
          keyword: 'type',
          params: { type: schema32.properties.output_tokens.type },
          message: 'must be number,null',
        };
        if (vErrors === null) {
          vErrors = [err45];
        } else {
          vErrors.push(err45);
        }
        errors++;
      }
      if (typeof data18 == 'number' && isFinite(data18)) {
        if (data18 < 0 || isNaN(data18)) {
          const err46 = {
            instancePath: instancePath + '/output_tokens',
            schemaPath: '#/properties/output_tokens/minimum',
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
    if (data.tokens_per_second !== undefined) {
      let data19 = data.tokens_per_second;
      if (!(typeof data19 == 'number' && isFinite(data19)) && data19 !== null) {
        const err47 = {
          instancePath: instancePath + '/tokens_per_second',
          schemaPath: '#/properties/tokens_per_second/type',
          keyword: 'type',
          params: { type: schema32.properties.tokens_per_second.type },
          message: 'must be number,null',
        };
        if (vErrors === null) {
          vErrors = [err47];
        } else {
          vErrors.push(err47);
        }
        errors++;
      }
      if (typeof data19 == 'number' && isFinite(data19)) {
        if (data19 < 0 || isNaN(data19)) {
          const err48 = {
            instancePath: instancePath + '/tokens_per_second',
            schemaPath: '#/properties/tokens_per_second/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 },
            message: 'must be >= 0',
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
  } else {
    const err49 = {
      instancePath,
      schemaPath: '#/type',
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
  validate21.errors = vErrors;
  return errors === 0;
}
validate21.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

function validate20(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  /*# sourceURL="results.schema.json" */ let vErrors = null;
  let errors = 0;
  const evaluated0 = validate20.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.schemaVersion === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'schemaVersion' },
        message: "must have required property '" + 'schemaVersion' + "'",
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.tool === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'tool' },
        message: "must have required property '" + 'tool' + "'",
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.suite === undefined) {
      const err2 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'suite' },
        message: "must have required property '" + 'suite' + "'",
      };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.createdAt === undefined) {
      const err3 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'createdAt' },
        message: "must have required property '" + 'createdAt' + "'",
      };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    if (data.engine === undefined) {
      const err4 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'engine' },
        message: "must have required property '" + 'engine' + "'",
      };
      if (vErrors === null) {
        vErrors = [err4];
      } else {
        vErrors.push(err4);
      }
      errors++;
    }
    if (data.modelName === undefined) {
      const err5 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'modelName' },
        message: "must have required property '" + 'modelName' + "'",
      };
      if (vErrors === null) {
        vErrors = [err5];
      } else {
        vErrors.push(err5);
      }
      errors++;
    }
    if (data.seed === undefined) {
      const err6 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'seed' },
        message: "must have required property '" + 'seed' + "'",
      };
      if (vErrors === null) {
        vErrors = [err6];
      } else {
        vErrors.push(err6);
      }
      errors++;
    }
    if (data.percentileMethod === undefined) {
      const err7 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'percentileMethod' },
        message: "must have required property '" + 'percentileMethod' + "'",
      };
      if (vErrors === null) {
        vErrors = [err7];
      } else {
        vErrors.push(err7);
      }
      errors++;
    }
    if (data.cases === undefined) {
      const err8 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'cases' },
        message: "must have required property '" + 'cases' + "'",
      };
      if (vErrors === null) {
        vErrors = [err8];
      } else {
        vErrors.push(err8);
      }
      errors++;
    }
    if (data.metrics === undefined) {
      const err9 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'metrics' },
        message: "must have required property '" + 'metrics' + "'",
      };
      if (vErrors === null) {
        vErrors = [err9];
      } else {
        vErrors.push(err9);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!func1.call(schema31.properties, key0)) {
        const err10 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err10];
        } else {
          vErrors.push(err10);
        }
        errors++;
      }
    }
    if (data.schemaVersion !== undefined) {
      if (1 !== data.schemaVersion) {
        const err11 = {
          instancePath: instancePath + '/schemaVersion',
          schemaPath: '#/properties/schemaVersion/const',
          keyword: 'const',
          params: { allowedValue: 1 },
          message: 'must be equal to constant',
        };
        if (vErrors === null) {
          vErrors = [err11];
        } else {
          vErrors.push(err11);
        }
        errors++;
      }
    }
    if (data.tool !== undefined) {
      if ('sluice-inference-test' !== data.tool) {
        const err12 = {
          instancePath: instancePath + '/tool',
          schemaPath: '#/properties/tool/const',
          keyword: 'const',
          params: { allowedValue: 'sluice-inference-test' },
          message: 'must be equal to constant',
        };
        if (vErrors === null) {
          vErrors = [err12];
        } else {
          vErrors.push(err12);
        }
        errors++;
      }
    }
    if (data.suite !== undefined) {
      let data2 = data.suite;
      if (Array.isArray(data2)) {
        const len0 = data2.length;
        for (let i0 = 0; i0 < len0; i0++) {
          if (typeof data2[i0] !== 'string') {
            const err13 = {
              instancePath: instancePath + '/suite/' + i0,
              schemaPath: '#/properties/suite/items/type',
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
      } else {
        const err14 = {
          instancePath: instancePath + '/suite',
          schemaPath: '#/properties/suite/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err14];
        } else {
          vErrors.push(err14);
        }
        errors++;
      }
    }
    if (data.createdAt !== undefined) {
      if (typeof data.createdAt !== 'string') {
        const err15 = {
          instancePath: instancePath + '/createdAt',
          schemaPath: '#/properties/createdAt/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err15];
        } else {
          vErrors.push(err15);
        }
        errors++;
      }
    }
    if (data.engine !== undefined) {
      if (typeof data.engine !== 'string') {
        const err16 = {
          instancePath: instancePath + '/engine',
          schemaPath: '#/properties/engine/type',
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
    if (data.modelName !== undefined) {
      if (typeof data.modelName !== 'string') {
        const err17 = {
          instancePath: instancePath + '/modelName',
          schemaPath: '#/properties/modelName/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err17];
        } else {
          vErrors.push(err17);
        }
        errors++;
      }
    }
    if (data.seed !== undefined) {
      let data7 = data.seed;
      if (!(typeof data7 == 'number' && !(data7 % 1) && !isNaN(data7) && isFinite(data7)) && data7 !== null) {
        const err18 = {
          instancePath: instancePath + '/seed',
          schemaPath: '#/properties/seed/type',
          keyword: 'type',
          params: { type: schema31.properties.seed.type },
          message: 'must be integer,null',
        };
        if (vErrors === null) {
          vErrors = [err18];
        } else {
          vErrors.push(err18);
        }
        errors++;
      }
    }
    if (data.percentileMethod !== undefined) {
      if ('linear' !== data.percentileMethod) {
        const err19 = {
          instancePath: instancePath + '/percentileMethod',
          schemaPath: '#/properties/percentileMethod/const',
          keyword: 'const',
          params: { allowedValue: 'linear' },
          message: 'must be equal to constant',
        };
        if (vErrors === null) {
          vErrors = [err19];
        } else {
          vErrors.push(err19);
        }
        errors++;
      }
    }
    if (data.cases !== undefined) {
      let data9 = data.cases;
      if (Array.isArray(data9)) {
        const len1 = data9.length;
        for (let i1 = 0; i1 < len1; i1++) {
          if (
            !validate21(data9[i1], {
              instancePath: instancePath + '/cases/' + i1,
              parentData: data9,
              parentDataProperty: i1,
              rootData,
              dynamicAnchors,
            })
          ) {
            vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err20 = {
          instancePath: instancePath + '/cases',
          schemaPath: '#/properties/cases/type',
          keyword: 'type',
          params: { type: 'array' },
          message: 'must be array',
        };
        if (vErrors === null) {
          vErrors = [err20];
        } else {
          vErrors.push(err20);
        }
        errors++;
      }
    }
    if (data.metrics !== undefined) {
      let data11 = data.metrics;
      if (data11 && typeof data11 == 'object' && !Array.isArray(data11)) {
        for (const key1 in data11) {
          let data12 = data11[key1];
          if (data12 && typeof data12 == 'object' && !Array.isArray(data12)) {
            if (data12.value === undefined) {
              const err21 = {
                instancePath: instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1'),
                schemaPath: '#/$defs/metric/required',
                keyword: 'required',
                params: { missingProperty: 'value' },
                message: "must have required property '" + 'value' + "'",
              };
              if (vErrors === null) {
                vErrors = [err21];
              } else {
                vErrors.push(err21);
              }
              errors++;
            }
            for (const key2 in data12) {
              if (!(
                key2 === 'value' ||
                key2 === 'unit' ||
                key2 === 'n' ||
                key2 === 'low' ||
                key2 === 'high' ||
                key2 === 'insufficient' ||
                key2 === 'needed'
              )) {
                const err22 = {
                  instancePath: instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/$defs/metric/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key2 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err22];
                } else {
                  vErrors.push(err22);
                }
                errors++;
              }
            }
            if (data12.value !== undefined) {
              let data13 = data12.value;
              if (!(typeof data13 == 'number' && isFinite(data13)) && data13 !== null) {
                const err23 = {
                  instancePath:
                    instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1') + '/value',
                  schemaPath: '#/$defs/metric/properties/value/type',
                  keyword: 'type',
                  params: { type: schema35.properties.value.type },
                  message: 'must be number,null',
                };
                if (vErrors === null) {
                  vErrors = [err23];
                } else {
                  vErrors.push(err23);
                }
                errors++;
              }
            }
            if (data12.unit !== undefined) {
              if (typeof data12.unit !== 'string') {
                const err24 = {
                  instancePath:
                    instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1') + '/unit',
                  schemaPath: '#/$defs/metric/properties/unit/type',
                  keyword: 'type',
                  params: { type: 'string' },
                  message: 'must be string',
                };
                if (vErrors === null) {
                  vErrors = [err24];
                } else {
                  vErrors.push(err24);
                }
                errors++;
              }
            }
            if (data12.n !== undefined) {
              let data15 = data12.n;
              if (!(typeof data15 == 'number' && !(data15 % 1) && !isNaN(data15) && isFinite(data15))) {
                const err25 = {
                  instancePath:
                    instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1') + '/n',
                  schemaPath: '#/$defs/metric/properties/n/type',
                  keyword: 'type',
                  params: { type: 'integer' },
                  message: 'must be integer',
                };
                if (vErrors === null) {
                  vErrors = [err25];
                } else {
                  vErrors.push(err25);
                }
                errors++;
              }
              if (typeof data15 == 'number' && isFinite(data15)) {
                if (data15 < 0 || isNaN(data15)) {
                  const err26 = {
                    instancePath:
                      instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1') + '/n',
                    schemaPath: '#/$defs/metric/properties/n/minimum',
                    keyword: 'minimum',
                    params: { comparison: '>=', limit: 0 },
                    message: 'must be >= 0',
                  };
                  if (vErrors === null) {
                    vErrors = [err26];
                  } else {
                    vErrors.push(err26);
                  }
                  errors++;
                }
              }
            }
            if (data12.low !== undefined) {
              let data16 = data12.low;
              if (!(typeof data16 == 'number' && isFinite(data16)) && data16 !== null) {
                const err27 = {
                  instancePath:
                    instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1') + '/low',
                  schemaPath: '#/$defs/metric/properties/low/type',
                  keyword: 'type',
                  params: { type: schema35.properties.low.type },
                  message: 'must be number,null',
                };
                if (vErrors === null) {
                  vErrors = [err27];
                } else {
                  vErrors.push(err27);
                }
                errors++;
              }
            }
            if (data12.high !== undefined) {
              let data17 = data12.high;
              if (!(typeof data17 == 'number' && isFinite(data17)) && data17 !== null) {
                const err28 = {
                  instancePath:
                    instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1') + '/high',
                  schemaPath: '#/$defs/metric/properties/high/type',
                  keyword: 'type',
                  params: { type: schema35.properties.high.type },
                  message: 'must be number,null',
                };
                if (vErrors === null) {
                  vErrors = [err28];
                } else {
                  vErrors.push(err28);
                }
                errors++;
              }
            }
            if (data12.insufficient !== undefined) {
              if (true !== data12.insufficient) {
                const err29 = {
                  instancePath:
                    instancePath +
                    '/metrics/' +
                    key1.replace(/~/g, '~0').replace(/\//g, '~1') +
                    '/insufficient',
                  schemaPath: '#/$defs/metric/properties/insufficient/const',
                  keyword: 'const',
                  params: { allowedValue: true },
                  message: 'must be equal to constant',
                };
                if (vErrors === null) {
                  vErrors = [err29];
                } else {
                  vErrors.push(err29);
                }
                errors++;
              }
            }
            if (data12.needed !== undefined) {
              let data19 = data12.needed;
              if (!(typeof data19 == 'number' && !(data19 % 1) && !isNaN(data19) && isFinite(data19))) {
                const err30 = {
                  instancePath:
                    instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1') + '/needed',
                  schemaPath: '#/$defs/metric/properties/needed/type',
                  keyword: 'type',
                  params: { type: 'integer' },
                  message: 'must be integer',
                };
                if (vErrors === null) {
                  vErrors = [err30];
                } else {
                  vErrors.push(err30);
                }
                errors++;
              }
            }
          } else {
            const err31 = {
              instancePath: instancePath + '/metrics/' + key1.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/$defs/metric/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err31];
            } else {
              vErrors.push(err31);
            }
            errors++;
          }
        }
      } else {
        const err32 = {
          instancePath: instancePath + '/metrics',
          schemaPath: '#/properties/metrics/type',
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
  } else {
    const err33 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      message: 'must be object',
    };
    if (vErrors === null) {
      vErrors = [err33];
    } else {
      vErrors.push(err33);
    }
    errors++;
  }
  validate20.errors = vErrors;
  return errors === 0;
}
validate20.evaluated = { props: true, dynamicProps: false, dynamicItems: false };
