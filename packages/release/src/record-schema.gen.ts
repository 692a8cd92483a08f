// @ts-nocheck
// Generated from schemas/release-record.schema.json by scripts/generate.ts: change the schema, then run it.
/* eslint-disable */
import func1Module from 'ajv/dist/runtime/ucs2length.js';

export default validate20 as unknown as import('ajv').ValidateFunction;
const schema31 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'release-record.schema.json',
  title: 'Sluice release record',
  description:
    'What one release went through, a stage per action. Stages are only appended; `previous` chains them.',
  'x-validator': 'packages/release/src/record-schema.gen.ts',
  type: 'object',
  required: ['schemaVersion', 'id', 'unit', 'model', 'stages', 'status'],
  additionalProperties: false,
  properties: {
    schemaVersion: { const: 1 },
    id: { type: 'string', minLength: 1, maxLength: 100 },
    unit: { $ref: '#/$defs/unit' },
    model: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          required: ['source', 'revision', 'digest', 'files'],
          additionalProperties: false,
          properties: {
            source: { type: 'string' },
            revision: { type: 'string' },
            digest: { $ref: '#/$defs/digest' },
            files: {
              type: 'array',
              items: {
                type: 'object',
                required: ['path', 'bytes', 'sha256'],
                additionalProperties: false,
                properties: {
                  path: { type: 'string', minLength: 1 },
                  bytes: { type: 'integer', minimum: 0 },
                  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
                },
              },
            },
          },
        },
      ],
    },
    stages: { type: 'array', items: { $ref: '#/$defs/stage' } },
    status: { enum: ['open', 'gated', 'refused', 'deploying', 'deployed', 'rolled-back'] },
  },
  $defs: {
    digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
    part: { anyOf: [{ type: 'null' }, { type: 'string', minLength: 1, maxLength: 300 }] },
    unit: {
      type: 'object',
      description: 'The nine parts of a release; a part that is not known, or lies inside another, is null.',
      required: [
        'weights',
        'adapter',
        'tokenizer',
        'chatTemplate',
        'prompts',
        'engine',
        'engineArgs',
        'config',
        'image',
      ],
      additionalProperties: false,
      properties: {
        weights: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/digest' }] },
        adapter: { $ref: '#/$defs/part' },
        tokenizer: { $ref: '#/$defs/part' },
        chatTemplate: { $ref: '#/$defs/part' },
        prompts: { $ref: '#/$defs/part' },
        engine: { $ref: '#/$defs/part' },
        engineArgs: { $ref: '#/$defs/part' },
        config: { $ref: '#/$defs/part' },
        image: { $ref: '#/$defs/part' },
      },
    },
    number: { anyOf: [{ type: 'null' }, { type: 'number' }] },
    stage: {
      type: 'object',
      required: [
        'action',
        'name',
        'at',
        'run',
        'unit',
        'verdict',
        'outcome',
        'reasons',
        'metrics',
        'data',
        'previous',
      ],
      additionalProperties: false,
      properties: {
        action: { type: 'string' },
        name: { type: 'string' },
        at: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' },
        run: {
          type: 'object',
          required: ['url', 'id', 'attempt', 'sha'],
          additionalProperties: false,
          properties: {
            url: { type: 'string' },
            id: { type: 'string' },
            attempt: { type: 'integer' },
            sha: { type: 'string' },
          },
        },
        unit: { $ref: '#/$defs/unit' },
        verdict: { enum: ['pass', 'fail', 'inconclusive', 'error'] },
        outcome: { enum: ['success', 'gate-failed', 'config-error', 'infra-error'] },
        reasons: { type: 'array', items: { type: 'string' } },
        metrics: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            required: ['value'],
            additionalProperties: false,
            properties: {
              value: { $ref: '#/$defs/number' },
              unit: { type: 'string' },
              n: { type: 'number' },
              low: { $ref: '#/$defs/number' },
              high: { $ref: '#/$defs/number' },
            },
          },
        },
        data: { type: 'object' },
        previous: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/digest' }] },
      },
    },
  },
};
const schema33 = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' };
const func1 = func1Module.default ?? func1Module;
const schema32 = {
  type: 'object',
  description: 'The nine parts of a release; a part that is not known, or lies inside another, is null.',
  required: [
    'weights',
    'adapter',
    'tokenizer',
    'chatTemplate',
    'prompts',
    'engine',
    'engineArgs',
    'config',
    'image',
  ],
  additionalProperties: false,
  properties: {
    weights: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/digest' }] },
    adapter: { $ref: '#/$defs/part' },
    tokenizer: { $ref: '#/$defs/part' },
    chatTemplate: { $ref: '#/$defs/part' },
    prompts: { $ref: '#/$defs/part' },
    engine: { $ref: '#/$defs/part' },
    engineArgs: { $ref: '#/$defs/part' },
    config: { $ref: '#/$defs/part' },
    image: { $ref: '#/$defs/part' },
  },
};
const schema34 = { anyOf: [{ type: 'null' }, { type: 'string', minLength: 1, maxLength: 300 }] };
const func3 = Object.prototype.hasOwnProperty;
const pattern4 = new RegExp('^sha256:[0-9a-f]{64}$', 'u');

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
    if (data.weights === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'weights' },
        message: "must have required property '" + 'weights' + "'",
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.adapter === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'adapter' },
        message: "must have required property '" + 'adapter' + "'",
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.tokenizer === undefined) {
      const err2 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'tokenizer' },
        message: "must have required property '" + 'tokenizer' + "'",
      };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.chatTemplate === undefined) {
      const err3 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'chatTemplate' },
        message: "must have required property '" + 'chatTemplate' + "'",
      };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    if (data.prompts === undefined) {
      const err4 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'prompts' },
        message: "must have required property '" + 'prompts' + "'",
      };
      if (vErrors === null) {
        vErrors = [err4];
      } else {
        vErrors.push(err4);
      }
      errors++;
    }
    if (data.engine === undefined) {
      const err5 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'engine' },
        message: "must have required property '" + 'engine' + "'",
      };
      if (vErrors === null) {
        vErrors = [err5];
      } else {
        vErrors.push(err5);
      }
      errors++;
    }
    if (data.engineArgs === undefined) {
      const err6 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'engineArgs' },
        message: "must have required property '" + 'engineArgs' + "'",
      };
      if (vErrors === null) {
        vErrors = [err6];
      } else {
        vErrors.push(err6);
      }
      errors++;
    }
    if (data.config === undefined) {
      const err7 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'config' },
        message: "must have required property '" + 'config' + "'",
      };
      if (vErrors === null) {
        vErrors = [err7];
      } else {
        vErrors.push(err7);
      }
      errors++;
    }
    if (data.image === undefined) {
      const err8 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'image' },
        message: "must have required property '" + 'image' + "'",
      };
      if (vErrors === null) {
        vErrors = [err8];
      } else {
        vErrors.push(err8);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!func3.call(schema32.properties, key0)) {
        const err9 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
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
    if (data.weights !== undefined) {
      let data0 = data.weights;
      const _errs3 = errors;
      let valid1 = false;
      const _errs4 = errors;
      if (data0 !== null) {
        const err10 = {
          instancePath: instancePath + '/weights',
          schemaPath: '#/properties/weights/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err10];
        } else {
          vErrors.push(err10);
        }
        errors++;
      }
      var _valid0 = _errs4 === errors;
      valid1 = valid1 || _valid0;
      const _errs6 = errors;
      if (typeof data0 === 'string') {
        if (!pattern4.test(data0)) {
          const err11 = {
            instancePath: instancePath + '/weights',
            schemaPath: '#/$defs/digest/pattern',
            keyword: 'pattern',
            params: { pattern: '^sha256:[0-9a-f]{64}$' },
            message: 'must match pattern "' + '^sha256:[0-9a-f]{64}$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err11];
          } else {
            vErrors.push(err11);
          }
          errors++;
        }
      } else {
        const err12 = {
          instancePath: instancePath + '/weights',
          schemaPath: '#/$defs/digest/type',
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
      var _valid0 = _errs6 === errors;
      valid1 = valid1 || _valid0;
      if (!valid1) {
        const err13 = {
          instancePath: instancePath + '/weights',
          schemaPath: '#/properties/weights/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err13];
        } else {
          vErrors.push(err13);
        }
        errors++;
      } else {
        errors = _errs3;
        if (vErrors !== null) {
          if (_errs3) {
            vErrors.length = _errs3;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.adapter !== undefined) {
      let data1 = data.adapter;
      const _errs11 = errors;
      let valid4 = false;
      const _errs12 = errors;
      if (data1 !== null) {
        const err14 = {
          instancePath: instancePath + '/adapter',
          schemaPath: '#/$defs/part/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err14];
        } else {
          vErrors.push(err14);
        }
        errors++;
      }
      var _valid1 = _errs12 === errors;
      valid4 = valid4 || _valid1;
      const _errs14 = errors;
      if (typeof data1 === 'string') {
        if (func1(data1) > 300) {
          const err15 = {
            instancePath: instancePath + '/adapter',
            schemaPath: '#/$defs/part/anyOf/1/maxLength',
            keyword: 'maxLength',
            params: { limit: 300 },
            message: 'must NOT have more than 300 characters',
          };
          if (vErrors === null) {
            vErrors = [err15];
          } else {
            vErrors.push(err15);
          }
          errors++;
        }
        if (func1(data1) < 1) {
          const err16 = {
            instancePath: instancePath + '/adapter',
            schemaPath: '#/$defs/part/anyOf/1/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
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
          instancePath: instancePath + '/adapter',
          schemaPath: '#/$defs/part/anyOf/1/type',
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
      var _valid1 = _errs14 === errors;
      valid4 = valid4 || _valid1;
      if (!valid4) {
        const err18 = {
          instancePath: instancePath + '/adapter',
          schemaPath: '#/$defs/part/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err18];
        } else {
          vErrors.push(err18);
        }
        errors++;
      } else {
        errors = _errs11;
        if (vErrors !== null) {
          if (_errs11) {
            vErrors.length = _errs11;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.tokenizer !== undefined) {
      let data2 = data.tokenizer;
      const _errs18 = errors;
      let valid6 = false;
      const _errs19 = errors;
      if (data2 !== null) {
        const err19 = {
          instancePath: instancePath + '/tokenizer',
          schemaPath: '#/$defs/part/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err19];
        } else {
          vErrors.push(err19);
        }
        errors++;
      }
      var _valid2 = _errs19 === errors;
      valid6 = valid6 || _valid2;
      const _errs21 = errors;
      if (typeof data2 === 'string') {
        if (func1(data2) > 300) {
          const err20 = {
            instancePath: instancePath + '/tokenizer',
            schemaPath: '#/$defs/part/anyOf/1/maxLength',
            keyword: 'maxLength',
            params: { limit: 300 },
            message: 'must NOT have more than 300 characters',
          };
          if (vErrors === null) {
            vErrors = [err20];
          } else {
            vErrors.push(err20);
          }
          errors++;
        }
        if (func1(data2) < 1) {
          const err21 = {
            instancePath: instancePath + '/tokenizer',
            schemaPath: '#/$defs/part/anyOf/1/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
          };
          if (vErrors === null) {
            vErrors = [err21];
          } else {
            vErrors.push(err21);
          }
          errors++;
        }
      } else {
        const err22 = {
          instancePath: instancePath + '/tokenizer',
          schemaPath: '#/$defs/part/anyOf/1/type',
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
      var _valid2 = _errs21 === errors;
      valid6 = valid6 || _valid2;
      if (!valid6) {
        const err23 = {
          instancePath: instancePath + '/tokenizer',
          schemaPath: '#/$defs/part/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err23];
        } else {
          vErrors.push(err23);
        }
        errors++;
      } else {
        errors = _errs18;
        if (vErrors !== null) {
          if (_errs18) {
            vErrors.length = _errs18;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.chatTemplate !== undefined) {
      let data3 = data.chatTemplate;
      const _errs25 = errors;
      let valid8 = false;
      const _errs26 = errors;
      if (data3 !== null) {
        const err24 = {
          instancePath: instancePath + '/chatTemplate',
          schemaPath: '#/$defs/part/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err24];
        } else {
          vErrors.push(err24);
        }
        errors++;
      }
      var _valid3 = _errs26 === errors;
      valid8 = valid8 || _valid3;
      const _errs28 = errors;
      if (typeof data3 === 'string') {
        if (func1(data3) > 300) {
          const err25 = {
            instancePath: instancePath + '/chatTemplate',
            schemaPath: '#/$defs/part/anyOf/1/maxLength',
            keyword: 'maxLength',
            params: { limit: 300 },
            message: 'must NOT have more than 300 characters',
          };
          if (vErrors === null) {
            vErrors = [err25];
          } else {
            vErrors.push(err25);
          }
          errors++;
        }
        if (func1(data3) < 1) {
          const err26 = {
            instancePath: instancePath + '/chatTemplate',
            schemaPath: '#/$defs/part/anyOf/1/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
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
          instancePath: instancePath + '/chatTemplate',
          schemaPath: '#/$defs/part/anyOf/1/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err27];
        } else {
          vErrors.push(err27);
        }
        errors++;
      }
      var _valid3 = _errs28 === errors;
      valid8 = valid8 || _valid3;
      if (!valid8) {
        const err28 = {
          instancePath: instancePath + '/chatTemplate',
          schemaPath: '#/$defs/part/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err28];
        } else {
          vErrors.push(err28);
        }
        errors++;
      } else {
        errors = _errs25;
        if (vErrors !== null) {
          if (_errs25) {
            vErrors.length = _errs25;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.prompts !== undefined) {
      let data4 = data.prompts;
      const _errs32 = errors;
      let valid10 = false;
      const _errs33 = errors;
      if (data4 !== null) {
        const err29 = {
          instancePath: instancePath + '/prompts',
          schemaPath: '#/$defs/part/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err29];
        } else {
          vErrors.push(err29);
        }
        errors++;
      }
      var _valid4 = _errs33 === errors;
      valid10 = valid10 || _valid4;
      const _errs35 = errors;
      if (typeof data4 === 'string') {
        if (func1(data4) > 300) {
          const err30 = {
            instancePath: instancePath + '/prompts',
            schemaPath: '#/$defs/part/anyOf/1/maxLength',
            keyword: 'maxLength',
            params: { limit: 300 },
            message: 'must NOT have more than 300 characters',
          };
          if (vErrors === null) {
            vErrors = [err30];
          } else {
            vErrors.push(err30);
          }
          errors++;
        }
        if (func1(data4) < 1) {
          const err31 = {
            instancePath: instancePath + '/prompts',
            schemaPath: '#/$defs/part/anyOf/1/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
          };
          if (vErrors === null) {
            vErrors = [err31];
          } else {
            vErrors.push(err31);
          }
          errors++;
        }
      } else {
        const err32 = {
          instancePath: instancePath + '/prompts',
          schemaPath: '#/$defs/part/anyOf/1/type',
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
      var _valid4 = _errs35 === errors;
      valid10 = valid10 || _valid4;
      if (!valid10) {
        const err33 = {
          instancePath: instancePath + '/prompts',
          schemaPath: '#/$defs/part/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err33];
        } else {
          vErrors.push(err33);
        }
        errors++;
      } else {
        errors = _errs32;
        if (vErrors !== null) {
          if (_errs32) {
            vErrors.length = _errs32;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.engine !== undefined) {
      let data5 = data.engine;
      const _errs39 = errors;
      let valid12 = false;
      const _errs40 = errors;
      if (data5 !== null) {
        const err34 = {
          instancePath: instancePath + '/engine',
          schemaPath: '#/$defs/part/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err34];
        } else {
          vErrors.push(err34);
        }
        errors++;
      }
      var _valid5 = _errs40 === errors;
      valid12 = valid12 || _valid5;
      const _errs42 = errors;
      if (typeof data5 === 'string') {
        if (func1(data5) > 300) {
          const err35 = {
            instancePath: instancePath + '/engine',
            schemaPath: '#/$defs/part/anyOf/1/maxLength',
            keyword: 'maxLength',
            params: { limit: 300 },
            message: 'must NOT have more than 300 characters',
          };
          if (vErrors === null) {
            vErrors = [err35];
          } else {
            vErrors.push(err35);
          }
          errors++;
        }
        if (func1(data5) < 1) {
          const err36 = {
            instancePath: instancePath + '/engine',
            schemaPath: '#/$defs/part/anyOf/1/minLength',
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
          instancePath: instancePath + '/engine',
          schemaPath: '#/$defs/part/anyOf/1/type',
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
      var _valid5 = _errs42 === errors;
      valid12 = valid12 || _valid5;
      if (!valid12) {
        const err38 = {
          instancePath: instancePath + '/engine',
          schemaPath: '#/$defs/part/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err38];
        } else {
          vErrors.push(err38);
        }
        errors++;
      } else {
        errors = _errs39;
        if (vErrors !== null) {
          if (_errs39) {
            vErrors.length = _errs39;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.engineArgs !== undefined) {
      let data6 = data.engineArgs;
      const _errs46 = errors;
      let valid14 = false;
      const _errs47 = errors;
      if (data6 !== null) {
        const err39 = {
          instancePath: instancePath + '/engineArgs',
          schemaPath: '#/$defs/part/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err39];
        } else {
          vErrors.push(err39);
        }
        errors++;
      }
      var _valid6 = _errs47 === errors;
      valid14 = valid14 || _valid6;
      const _errs49 = errors;
      if (typeof data6 === 'string') {
        if (func1(data6) > 300) {
          const err40 = {
            instancePath: instancePath + '/engineArgs',
            schemaPath: '#/$defs/part/anyOf/1/maxLength',
            keyword: 'maxLength',
            params: { limit: 300 },
            message: 'must NOT have more than 300 characters',
          };
          if (vErrors === null) {
            vErrors = [err40];
          } else {
            vErrors.push(err40);
          }
          errors++;
        }
        if (func1(data6) < 1) {
          const err41 = {
            instancePath: instancePath + '/engineArgs',
            schemaPath: '#/$defs/part/anyOf/1/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
          };
          if (vErrors === null) {
            vErrors = [err41];
          } else {
            vErrors.push(err41);
          }
          errors++;
        }
      } else {
        const err42 = {
          instancePath: instancePath + '/engineArgs',
          schemaPath: '#/$defs/part/anyOf/1/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err42];
        } else {
          vErrors.push(err42);
        }
        errors++;
      }
      var _valid6 = _errs49 === errors;
      valid14 = valid14 || _valid6;
      if (!valid14) {
        const err43 = {
          instancePath: instancePath + '/engineArgs',
          schemaPath: '#/$defs/part/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err43];
        } else {
          vErrors.push(err43);
        }
        errors++;
      } else {
        errors = _errs46;
        if (vErrors !== null) {
          if (_errs46) {
            vErrors.length = _errs46;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.config !== undefined) {
      let data7 = data.config;
      const _errs53 = errors;
      let valid16 = false;
      const _errs54 = errors;
      if (data7 !== null) {
        const err44 = {
          instancePath: instancePath + '/config',
          schemaPath: '#/$defs/part/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err44];
        } else {
          vErrors.push(err44);
        }
        errors++;
      }
      var _valid7 = _errs54 === errors;
      valid16 = valid16 || _valid7;
      const _errs56 = errors;
      if (typeof data7 === 'string') {
        if (func1(data7) > 300) {
          const err45 = {
            instancePath: instancePath + '/config',
            schemaPath: '#/$defs/part/anyOf/1/maxLength',
            keyword: 'maxLength',
            params: { limit: 300 },
            message: 'must NOT have more than 300 characters',
          };
          if (vErrors === null) {
            vErrors = [err45];
          } else {
            vErrors.push(err45);
          }
          errors++;
        }
        if (func1(data7) < 1) {
          const err46 = {
            instancePath: instancePath + '/config',
            schemaPath: '#/$defs/part/anyOf/1/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
          };
          if (vErrors === null) {
            vErrors = [err46];
          } else {
            vErrors.push(err46);
          }
          errors++;
        }
      } else {
        const err47 = {
          instancePath: instancePath + '/config',
          schemaPath: '#/$defs/part/anyOf/1/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err47];
        } else {
          vErrors.push(err47);
        }
        errors++;
      }
      var _valid7 = _errs56 === errors;
      valid16 = valid16 || _valid7;
      if (!valid16) {
        const err48 = {
          instancePath: instancePath + '/config',
          schemaPath: '#/$defs/part/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err48];
        } else {
          vErrors.push(err48);
        }
        errors++;
      } else {
        errors = _errs53;
        if (vErrors !== null) {
          if (_errs53) {
            vErrors.length = _errs53;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.image !== undefined) {
      let data8 = data.image;
      const _errs60 = errors;
      let valid18 = false;
      const _errs61 = errors;
      if (data8 !== null) {
        const err49 = {
          instancePath: instancePath + '/image',
          schemaPath: '#/$defs/part/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err49];
        } else {
          vErrors.push(err49);
        }
        errors++;
      }
      var _valid8 = _errs61 === errors;
      valid18 = valid18 || _valid8;
      const _errs63 = errors;
      if (typeof data8 === 'string') {
        if (func1(data8) > 300) {
          const err50 = {
            instancePath: instancePath + '/image',
            schemaPath: '#/$defs/part/anyOf/1/maxLength',
            keyword: 'maxLength',
            params: { limit: 300 },
            message: 'must NOT have more than 300 characters',
          };
          if (vErrors === null) {
            vErrors = [err50];
          } else {
            vErrors.push(err50);
          }
          errors++;
        }
        if (func1(data8) < 1) {
          const err51 = {
            instancePath: instancePath + '/image',
            schemaPath: '#/$defs/part/anyOf/1/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
          };
          if (vErrors === null) {
            vErrors = [err51];
          } else {
            vErrors.push(err51);
          }
          errors++;
        }
      } else {
        const err52 = {
          instancePath: instancePath + '/image',
          schemaPath: '#/$defs/part/anyOf/1/type',
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
      var _valid8 = _errs63 === errors;
      valid18 = valid18 || _valid8;
      if (!valid18) {
        const err53 = {
          instancePath: instancePath + '/image',
          schemaPath: '#/$defs/part/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err53];
        } else {
          vErrors.push(err53);
        }
        errors++;
      } else {
        errors = _errs60;
        if (vErrors !== null) {
          if (_errs60) {
            vErrors.length = _errs60;
          } else {
            vErrors = null;
          }
        }
      }
    }
  } else {
    const err54 = {
      instancePath,
      schemaPath: '#/type',
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
  validate21.errors = vErrors;
  return errors === 0;
}
validate21.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

const schema43 = {
  type: 'object',
  required: [
    'action',
    'name',
    'at',
    'run',
    'unit',
    'verdict',
    'outcome',
    'reasons',
    'metrics',
    'data',
    'previous',
  ],
  additionalProperties: false,
  properties: {
    action: { type: 'string' },
    name: { type: 'string' },
    at: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' },
    run: {
      type: 'object',
      required: ['url', 'id', 'attempt', 'sha'],
      additionalProperties: false,
      properties: {
        url: { type: 'string' },
        id: { type: 'string' },
        attempt: { type: 'integer' },
        sha: { type: 'string' },
      },
    },
    unit: { $ref: '#/$defs/unit' },
    verdict: { enum: ['pass', 'fail', 'inconclusive', 'error'] },
    outcome: { enum: ['success', 'gate-failed', 'config-error', 'infra-error'] },
    reasons: { type: 'array', items: { type: 'string' } },
    metrics: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['value'],
        additionalProperties: false,
        properties: {
          value: { $ref: '#/$defs/number' },
          unit: { type: 'string' },
          n: { type: 'number' },
          low: { $ref: '#/$defs/number' },
          high: { $ref: '#/$defs/number' },
        },
      },
    },
    data: { type: 'object' },
    previous: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/digest' }] },
  },
};
const schema44 = { anyOf: [{ type: 'null' }, { type: 'number' }] };
const pattern7 = new RegExp('^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$', 'u');

function validate23(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate23.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.action === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'action' },
        message: "must have required property '" + 'action' + "'",
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.name === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'name' },
        message: "must have required property '" + 'name' + "'",
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.at === undefined) {
      const err2 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'at' },
        message: "must have required property '" + 'at' + "'",
      };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.run === undefined) {
      const err3 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'run' },
        message: "must have required property '" + 'run' + "'",
      };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    if (data.unit === undefined) {
      const err4 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'unit' },
        message: "must have required property '" + 'unit' + "'",
      };
      if (vErrors === null) {
        vErrors = [err4];
      } else {
        vErrors.push(err4);
      }
      errors++;
    }
    if (data.verdict === undefined) {
      const err5 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'verdict' },
        message: "must have required property '" + 'verdict' + "'",
      };
      if (vErrors === null) {
        vErrors = [err5];
      } else {
        vErrors.push(err5);
      }
      errors++;
    }
    if (data.outcome === undefined) {
      const err6 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'outcome' },
        message: "must have required property '" + 'outcome' + "'",
      };
      if (vErrors === null) {
        vErrors = [err6];
      } else {
        vErrors.push(err6);
      }
      errors++;
    }
    if (data.reasons === undefined) {
      const err7 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'reasons' },
        message: "must have required property '" + 'reasons' + "'",
      };
      if (vErrors === null) {
        vErrors = [err7];
      } else {
        vErrors.push(err7);
      }
      errors++;
    }
    if (data.metrics === undefined) {
      const err8 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'metrics' },
        message: "must have required property '" + 'metrics' + "'",
      };
      if (vErrors === null) {
        vErrors = [err8];
      } else {
        vErrors.push(err8);
      }
      errors++;
    }
    if (data.data === undefined) {
      const err9 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'data' },
        message: "must have required property '" + 'data' + "'",
      };
      if (vErrors === null) {
        vErrors = [err9];
      } else {
        vErrors.push(err9);
      }
      errors++;
    }
    if (data.previous === undefined) {
      const err10 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'previous' },
        message: "must have required property '" + 'previous' + "'",
      };
      if (vErrors === null) {
        vErrors = [err10];
      } else {
        vErrors.push(err10);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!func3.call(schema43.properties, key0)) {
        const err11 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
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
    if (data.action !== undefined) {
      if (typeof data.action !== 'string') {
        const err12 = {
          instancePath: instancePath + '/action',
          schemaPath: '#/properties/action/type',
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
    if (data.name !== undefined) {
      if (typeof data.name !== 'string') {
        const err13 = {
          instancePath: instancePath + '/name',
          schemaPath: '#/properties/name/type',
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
    if (data.at !== undefined) {
      let data2 = data.at;
      if (typeof data2 === 'string') {
        if (!pattern7.test(data2)) {
          const err14 = {
            instancePath: instancePath + '/at',
            schemaPath: '#/properties/at/pattern',
            keyword: 'pattern',
            params: { pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' },
            message: 'must match pattern "' + '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err14];
          } else {
            vErrors.push(err14);
          }
          errors++;
        }
      } else {
        const err15 = {
          instancePath: instancePath + '/at',
          schemaPath: '#/properties/at/type',
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
    if (data.run !== undefined) {
      let data3 = data.run;
      if (data3 && typeof data3 == 'object' && !Array.isArray(data3)) {
        if (data3.url === undefined) {
          const err16 = {
            instancePath: instancePath + '/run',
            schemaPath: '#/properties/run/required',
            keyword: 'required',
            params: { missingProperty: 'url' },
            message: "must have required property '" + 'url' + "'",
          };
          if (vErrors === null) {
            vErrors = [err16];
          } else {
            vErrors.push(err16);
          }
          errors++;
        }
        if (data3.id === undefined) {
          const err17 = {
            instancePath: instancePath + '/run',
            schemaPath: '#/properties/run/required',
            keyword: 'required',
            params: { missingProperty: 'id' },
            message: "must have required property '" + 'id' + "'",
          };
          if (vErrors === null) {
            vErrors = [err17];
          } else {
            vErrors.push(err17);
          }
          errors++;
        }
        if (data3.attempt === undefined) {
          const err18 = {
            instancePath: instancePath + '/run',
            schemaPath: '#/properties/run/required',
            keyword: 'required',
            params: { missingProperty: 'attempt' },
            message: "must have required property '" + 'attempt' + "'",
          };
          if (vErrors === null) {
            vErrors = [err18];
          } else {
            vErrors.push(err18);
          }
          errors++;
        }
        if (data3.sha === undefined) {
          const err19 = {
            instancePath: instancePath + '/run',
            schemaPath: '#/properties/run/required',
            keyword: 'required',
            params: { missingProperty: 'sha' },
            message: "must have required property '" + 'sha' + "'",
          };
          if (vErrors === null) {
            vErrors = [err19];
          } else {
            vErrors.push(err19);
          }
          errors++;
        }
        for (const key1 in data3) {
          if (!(key1 === 'url' || key1 === 'id' || key1 === 'attempt' || key1 === 'sha')) {
            const err20 = {
              instancePath: instancePath + '/run',
              schemaPath: '#/properties/run/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key1 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err20];
            } else {
              vErrors.push(err20);
            }
            errors++;
          }
        }
        if (data3.url !== undefined) {
          if (typeof data3.url !== 'string') {
            const err21 = {
              instancePath: instancePath + '/run/url',
              schemaPath: '#/properties/run/properties/url/type',
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
        if (data3.id !== undefined) {
          if (typeof data3.id !== 'string') {
            const err22 = {
              instancePath: instancePath + '/run/id',
              schemaPath: '#/properties/run/properties/id/type',
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
        if (data3.attempt !== undefined) {
          let data6 = data3.attempt;
          if (!(typeof data6 == 'number' && !(data6 % 1) && !isNaN(data6) && isFinite(data6))) {
            const err23 = {
              instancePath: instancePath + '/run/attempt',
              schemaPath: '#/properties/run/properties/attempt/type',
              keyword: 'type',
              params: { type: 'integer' },
              message: 'must be integer',
            };
            if (vErrors === null) {
              vErrors = [err23];
            } else {
              vErrors.push(err23);
            }
            errors++;
          }
        }
        if (data3.sha !== undefined) {
          if (typeof data3.sha !== 'string') {
            const err24 = {
              instancePath: instancePath + '/run/sha',
              schemaPath: '#/properties/run/properties/sha/type',
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
      } else {
        const err25 = {
          instancePath: instancePath + '/run',
          schemaPath: '#/properties/run/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err25];
        } else {
          vErrors.push(err25);
        }
        errors++;
      }
    }
    if (data.unit !== undefined) {
      if (
        !validate21(data.unit, {
          instancePath: instancePath + '/unit',
          parentData: data,
          parentDataProperty: 'unit',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
        errors = vErrors.length;
      }
    }
    if (data.verdict !== undefined) {
      let data9 = data.verdict;
      if (!(data9 === 'pass' || data9 === 'fail' || data9 === 'inconclusive' || data9 === 'error')) {
        const err26 = {
          instancePath: instancePath + '/verdict',
          schemaPath: '#/properties/verdict/enum',
          keyword: 'enum',
          params: { allowedValues: schema43.properties.verdict.enum },
          message: 'must be equal to one of the allowed values',
        };
        if (vErrors === null) {
          vErrors = [err26];
        } else {
          vErrors.push(err26);
        }
        errors++;
      }
    }
    if (data.outcome !== undefined) {
      let data10 = data.outcome;
      if (!(
        data10 === 'success' ||
        data10 === 'gate-failed' ||
        data10 === 'config-error' ||
        data10 === 'infra-error'
      )) {
        const err27 = {
          instancePath: instancePath + '/outcome',
          schemaPath: '#/properties/outcome/enum',
          keyword: 'enum',
          params: { allowedValues: schema43.properties.outcome.enum },
          message: 'must be equal to one of the allowed values',
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
      let data11 = data.reasons;
      if (Array.isArray(data11)) {
        const len0 = data11.length;
        for (let i0 = 0; i0 < len0; i0++) {
          if (typeof data11[i0] !== 'string') {
            const err28 = {
              instancePath: instancePath + '/reasons/' + i0,
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
    if (data.metrics !== undefined) {
      let data13 = data.metrics;
      if (data13 && typeof data13 == 'object' && !Array.isArray(data13)) {
        for (const key2 in data13) {
          let data14 = data13[key2];
          if (data14 && typeof data14 == 'object' && !Array.isArray(data14)) {
            if (data14.value === undefined) {
              const err30 = {
                instancePath: instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1'),
                schemaPath: '#/properties/metrics/additionalProperties/required',
                keyword: 'required',
                params: { missingProperty: 'value' },
                message: "must have required property '" + 'value' + "'",
              };
              if (vErrors === null) {
                vErrors = [err30];
              } else {
                vErrors.push(err30);
              }
              errors++;
            }
            for (const key3 in data14) {
              if (!(
                key3 === 'value' ||
                key3 === 'unit' ||
                key3 === 'n' ||
                key3 === 'low' ||
                key3 === 'high'
              )) {
                const err31 = {
                  instancePath: instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/properties/metrics/additionalProperties/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key3 },
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
            if (data14.value !== undefined) {
              let data15 = data14.value;
              const _errs34 = errors;
              let valid7 = false;
              const _errs35 = errors;
              if (data15 !== null) {
                const err32 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/value',
                  schemaPath: '#/$defs/number/anyOf/0/type',
                  keyword: 'type',
                  params: { type: 'null' },
                  message: 'must be null',
                };
                if (vErrors === null) {
                  vErrors = [err32];
                } else {
                  vErrors.push(err32);
                }
                errors++;
              }
              var _valid0 = _errs35 === errors;
              valid7 = valid7 || _valid0;
              const _errs37 = errors;
              if (!(typeof data15 == 'number' && isFinite(data15))) {
                const err33 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/value',
                  schemaPath: '#/$defs/number/anyOf/1/type',
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
              var _valid0 = _errs37 === errors;
              valid7 = valid7 || _valid0;
              if (!valid7) {
                const err34 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/value',
                  schemaPath: '#/$defs/number/anyOf',
                  keyword: 'anyOf',
                  params: {},
                  message: 'must match a schema in anyOf',
                };
                if (vErrors === null) {
                  vErrors = [err34];
                } else {
                  vErrors.push(err34);
                }
                errors++;
              } else {
                errors = _errs34;
                if (vErrors !== null) {
                  if (_errs34) {
                    vErrors.length = _errs34;
                  } else {
                    vErrors = null;
                  }
                }
              }
            }
            if (data14.unit !== undefined) {
              if (typeof data14.unit !== 'string') {
                const err35 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/unit',
                  schemaPath: '#/properties/metrics/additionalProperties/properties/unit/type',
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
            if (data14.n !== undefined) {
              let data17 = data14.n;
              if (!(typeof data17 == 'number' && isFinite(data17))) {
                const err36 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/n',
                  schemaPath: '#/properties/metrics/additionalProperties/properties/n/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err36];
                } else {
                  vErrors.push(err36);
                }
                errors++;
              }
            }
            if (data14.low !== undefined) {
              let data18 = data14.low;
              const _errs45 = errors;
              let valid9 = false;
              const _errs46 = errors;
              if (data18 !== null) {
                const err37 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/low',
                  schemaPath: '#/$defs/number/anyOf/0/type',
                  keyword: 'type',
                  params: { type: 'null' },
                  message: 'must be null',
                };
                if (vErrors === null) {
                  vErrors = [err37];
                } else {
                  vErrors.push(err37);
                }
                errors++;
              }
              var _valid1 = _errs46 === errors;
              valid9 = valid9 || _valid1;
              const _errs48 = errors;
              if (!(typeof data18 == 'number' && isFinite(data18))) {
                const err38 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/low',
                  schemaPath: '#/$defs/number/anyOf/1/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err38];
                } else {
                  vErrors.push(err38);
                }
                errors++;
              }
              var _valid1 = _errs48 === errors;
              valid9 = valid9 || _valid1;
              if (!valid9) {
                const err39 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/low',
                  schemaPath: '#/$defs/number/anyOf',
                  keyword: 'anyOf',
                  params: {},
                  message: 'must match a schema in anyOf',
                };
                if (vErrors === null) {
                  vErrors = [err39];
                } else {
                  vErrors.push(err39);
                }
                errors++;
              } else {
                errors = _errs45;
                if (vErrors !== null) {
                  if (_errs45) {
                    vErrors.length = _errs45;
                  } else {
                    vErrors = null;
                  }
                }
              }
            }
            if (data14.high !== undefined) {
              let data19 = data14.high;
              const _errs52 = errors;
              let valid11 = false;
              const _errs53 = errors;
              if (data19 !== null) {
                const err40 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/high',
                  schemaPath: '#/$defs/number/anyOf/0/type',
                  keyword: 'type',
                  params: { type: 'null' },
                  message: 'must be null',
                };
                if (vErrors === null) {
                  vErrors = [err40];
                } else {
                  vErrors.push(err40);
                }
                errors++;
              }
              var _valid2 = _errs53 === errors;
              valid11 = valid11 || _valid2;
              const _errs55 = errors;
              if (!(typeof data19 == 'number' && isFinite(data19))) {
                const err41 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/high',
                  schemaPath: '#/$defs/number/anyOf/1/type',
                  keyword: 'type',
                  params: { type: 'number' },
                  message: 'must be number',
                };
                if (vErrors === null) {
                  vErrors = [err41];
                } else {
                  vErrors.push(err41);
                }
                errors++;
              }
              var _valid2 = _errs55 === errors;
              valid11 = valid11 || _valid2;
              if (!valid11) {
                const err42 = {
                  instancePath:
                    instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1') + '/high',
                  schemaPath: '#/$defs/number/anyOf',
                  keyword: 'anyOf',
                  params: {},
                  message: 'must match a schema in anyOf',
                };
                if (vErrors === null) {
                  vErrors = [err42];
                } else {
                  vErrors.push(err42);
                }
                errors++;
              } else {
                errors = _errs52;
                if (vErrors !== null) {
                  if (_errs52) {
                    vErrors.length = _errs52;
                  } else {
                    vErrors = null;
                  }
                }
              }
            }
          } else {
            const err43 = {
              instancePath: instancePath + '/metrics/' + key2.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/properties/metrics/additionalProperties/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err43];
            } else {
              vErrors.push(err43);
            }
            errors++;
          }
        }
      } else {
        const err44 = {
          instancePath: instancePath + '/metrics',
          schemaPath: '#/properties/metrics/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err44];
        } else {
          vErrors.push(err44);
        }
        errors++;
      }
    }
    if (data.data !== undefined) {
      let data20 = data.data;
      if (!(data20 && typeof data20 == 'object' && !Array.isArray(data20))) {
        const err45 = {
          instancePath: instancePath + '/data',
          schemaPath: '#/properties/data/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
        };
        if (vErrors === null) {
          vErrors = [err45];
        } else {
          vErrors.push(err45);
        }
        errors++;
      }
    }
    if (data.previous !== undefined) {
      let data21 = data.previous;
      const _errs60 = errors;
      let valid12 = false;
      const _errs61 = errors;
      if (data21 !== null) {
        const err46 = {
          instancePath: instancePath + '/previous',
          schemaPath: '#/properties/previous/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err46];
        } else {
          vErrors.push(err46);
        }
        errors++;
      }
      var _valid3 = _errs61 === errors;
      valid12 = valid12 || _valid3;
      const _errs63 = errors;
      if (typeof data21 === 'string') {
        if (!pattern4.test(data21)) {
          const err47 = {
            instancePath: instancePath + '/previous',
            schemaPath: '#/$defs/digest/pattern',
            keyword: 'pattern',
            params: { pattern: '^sha256:[0-9a-f]{64}$' },
            message: 'must match pattern "' + '^sha256:[0-9a-f]{64}$' + '"',
          };
          if (vErrors === null) {
            vErrors = [err47];
          } else {
            vErrors.push(err47);
          }
          errors++;
        }
      } else {
        const err48 = {
          instancePath: instancePath + '/previous',
          schemaPath: '#/$defs/digest/type',
          keyword: 'type',
          params: { type: 'string' },
          message: 'must be string',
        };
        if (vErrors === null) {
          vErrors = [err48];
        } else {
          vErrors.push(err48);
        }
        errors++;
      }
      var _valid3 = _errs63 === errors;
      valid12 = valid12 || _valid3;
      if (!valid12) {
        const err49 = {
          instancePath: instancePath + '/previous',
          schemaPath: '#/properties/previous/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err49];
        } else {
          vErrors.push(err49);
        }
        errors++;
      } else {
        errors = _errs60;
        if (vErrors !== null) {
          if (_errs60) {
            vErrors.length = _errs60;
          } else {
            vErrors = null;
          }
        }
      }
    }
  } else {
    const err50 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' },
      message: 'must be object',
    };
    if (vErrors === null) {
      vErrors = [err50];
    } else {
      vErrors.push(err50);
    }
    errors++;
  }
  validate23.errors = vErrors;
  return errors === 0;
}
validate23.evaluated = { props: true, dynamicProps: false, dynamicItems: false };

const pattern6 = new RegExp('^[0-9a-f]{64}$', 'u');

function validate20(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  /*# sourceURL="release-record.schema.json" */ let vErrors = null;
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
    if (data.id === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'id' },
        message: "must have required property '" + 'id' + "'",
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.unit === undefined) {
      const err2 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'unit' },
        message: "must have required property '" + 'unit' + "'",
      };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.model === undefined) {
      const err3 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'model' },
        message: "must have required property '" + 'model' + "'",
      };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    if (data.stages === undefined) {
      const err4 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'stages' },
        message: "must have required property '" + 'stages' + "'",
      };
      if (vErrors === null) {
        vErrors = [err4];
      } else {
        vErrors.push(err4);
      }
      errors++;
    }
    if (data.status === undefined) {
      const err5 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'status' },
        message: "must have required property '" + 'status' + "'",
      };
      if (vErrors === null) {
        vErrors = [err5];
      } else {
        vErrors.push(err5);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!(
        key0 === 'schemaVersion' ||
        key0 === 'id' ||
        key0 === 'unit' ||
        key0 === 'model' ||
        key0 === 'stages' ||
        key0 === 'status'
      )) {
        const err6 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 },
          message: 'must NOT have additional properties',
        };
        if (vErrors === null) {
          vErrors = [err6];
        } else {
          vErrors.push(err6);
        }
        errors++;
      }
    }
    if (data.schemaVersion !== undefined) {
      if (1 !== data.schemaVersion) {
        const err7 = {
          instancePath: instancePath + '/schemaVersion',
          schemaPath: '#/properties/schemaVersion/const',
          keyword: 'const',
          params: { allowedValue: 1 },
          message: 'must be equal to constant',
        };
        if (vErrors === null) {
          vErrors = [err7];
        } else {
          vErrors.push(err7);
        }
        errors++;
      }
    }
    if (data.id !== undefined) {
      let data1 = data.id;
      if (typeof data1 === 'string') {
        if (func1(data1) > 100) {
          const err8 = {
            instancePath: instancePath + '/id',
            schemaPath: '#/properties/id/maxLength',
            keyword: 'maxLength',
            params: { limit: 100 },
            message: 'must NOT have more than 100 characters',
          };
          if (vErrors === null) {
            vErrors = [err8];
          } else {
            vErrors.push(err8);
          }
          errors++;
        }
        if (func1(data1) < 1) {
          const err9 = {
            instancePath: instancePath + '/id',
            schemaPath: '#/properties/id/minLength',
            keyword: 'minLength',
            params: { limit: 1 },
            message: 'must NOT have fewer than 1 characters',
          };
          if (vErrors === null) {
            vErrors = [err9];
          } else {
            vErrors.push(err9);
          }
          errors++;
        }
      } else {
        const err10 = {
          instancePath: instancePath + '/id',
          schemaPath: '#/properties/id/type',
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
    if (data.unit !== undefined) {
      if (
        !validate21(data.unit, {
          instancePath: instancePath + '/unit',
          parentData: data,
          parentDataProperty: 'unit',
          rootData,
          dynamicAnchors,
        })
      ) {
        vErrors = vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
        errors = vErrors.length;
      }
    }
    if (data.model !== undefined) {
      let data3 = data.model;
      const _errs7 = errors;
      let valid1 = false;
      const _errs8 = errors;
      if (data3 !== null) {
        const err11 = {
          instancePath: instancePath + '/model',
          schemaPath: '#/properties/model/anyOf/0/type',
          keyword: 'type',
          params: { type: 'null' },
          message: 'must be null',
        };
        if (vErrors === null) {
          vErrors = [err11];
        } else {
          vErrors.push(err11);
        }
        errors++;
      }
      var _valid0 = _errs8 === errors;
      valid1 = valid1 || _valid0;
      const _errs10 = errors;
      if (data3 && typeof data3 == 'object' && !Array.isArray(data3)) {
        if (data3.source === undefined) {
          const err12 = {
            instancePath: instancePath + '/model',
            schemaPath: '#/properties/model/anyOf/1/required',
            keyword: 'required',
            params: { missingProperty: 'source' },
            message: "must have required property '" + 'source' + "'",
          };
          if (vErrors === null) {
            vErrors = [err12];
          } else {
            vErrors.push(err12);
          }
          errors++;
        }
        if (data3.revision === undefined) {
          const err13 = {
            instancePath: instancePath + '/model',
            schemaPath: '#/properties/model/anyOf/1/required',
            keyword: 'required',
            params: { missingProperty: 'revision' },
            message: "must have required property '" + 'revision' + "'",
          };
          if (vErrors === null) {
            vErrors = [err13];
          } else {
            vErrors.push(err13);
          }
          errors++;
        }
        if (data3.digest === undefined) {
          const err14 = {
            instancePath: instancePath + '/model',
            schemaPath: '#/properties/model/anyOf/1/required',
            keyword: 'required',
            params: { missingProperty: 'digest' },
            message: "must have required property '" + 'digest' + "'",
          };
          if (vErrors === null) {
            vErrors = [err14];
          } else {
            vErrors.push(err14);
          }
          errors++;
        }
        if (data3.files === undefined) {
          const err15 = {
            instancePath: instancePath + '/model',
            schemaPath: '#/properties/model/anyOf/1/required',
            keyword: 'required',
            params: { missingProperty: 'files' },
            message: "must have required property '" + 'files' + "'",
          };
          if (vErrors === null) {
            vErrors = [err15];
          } else {
            vErrors.push(err15);
          }
          errors++;
        }
        for (const key1 in data3) {
          if (!(key1 === 'source' || key1 === 'revision' || key1 === 'digest' || key1 === 'files')) {
            const err16 = {
              instancePath: instancePath + '/model',
              schemaPath: '#/properties/model/anyOf/1/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key1 },
              message: 'must NOT have additional properties',
            };
            if (vErrors === null) {
              vErrors = [err16];
            } else {
              vErrors.push(err16);
            }
            errors++;
          }
        }
        if (data3.source !== undefined) {
          if (typeof data3.source !== 'string') {
            const err17 = {
              instancePath: instancePath + '/model/source',
              schemaPath: '#/properties/model/anyOf/1/properties/source/type',
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
        if (data3.revision !== undefined) {
          if (typeof data3.revision !== 'string') {
            const err18 = {
              instancePath: instancePath + '/model/revision',
              schemaPath: '#/properties/model/anyOf/1/properties/revision/type',
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
        if (data3.digest !== undefined) {
          let data6 = data3.digest;
          if (typeof data6 === 'string') {
            if (!pattern4.test(data6)) {
              const err19 = {
                instancePath: instancePath + '/model/digest',
                schemaPath: '#/$defs/digest/pattern',
                keyword: 'pattern',
                params: { pattern: '^sha256:[0-9a-f]{64}$' },
                message: 'must match pattern "' + '^sha256:[0-9a-f]{64}$' + '"',
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
              instancePath: instancePath + '/model/digest',
              schemaPath: '#/$defs/digest/type',
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
        if (data3.files !== undefined) {
          let data7 = data3.files;
          if (Array.isArray(data7)) {
            const len0 = data7.length;
            for (let i0 = 0; i0 < len0; i0++) {
              let data8 = data7[i0];
              if (data8 && typeof data8 == 'object' && !Array.isArray(data8)) {
                if (data8.path === undefined) {
                  const err21 = {
                    instancePath: instancePath + '/model/files/' + i0,
                    schemaPath: '#/properties/model/anyOf/1/properties/files/items/required',
                    keyword: 'required',
                    params: { missingProperty: 'path' },
                    message: "must have required property '" + 'path' + "'",
                  };
                  if (vErrors === null) {
                    vErrors = [err21];
                  } else {
                    vErrors.push(err21);
                  }
                  errors++;
                }
                if (data8.bytes === undefined) {
                  const err22 = {
                    instancePath: instancePath + '/model/files/' + i0,
                    schemaPath: '#/properties/model/anyOf/1/properties/files/items/required',
                    keyword: 'required',
                    params: { missingProperty: 'bytes' },
                    message: "must have required property '" + 'bytes' + "'",
                  };
                  if (vErrors === null) {
                    vErrors = [err22];
                  } else {
                    vErrors.push(err22);
                  }
                  errors++;
                }
                if (data8.sha256 === undefined) {
                  const err23 = {
                    instancePath: instancePath + '/model/files/' + i0,
                    schemaPath: '#/properties/model/anyOf/1/properties/files/items/required',
                    keyword: 'required',
                    params: { missingProperty: 'sha256' },
                    message: "must have required property '" + 'sha256' + "'",
                  };
                  if (vErrors === null) {
                    vErrors = [err23];
                  } else {
                    vErrors.push(err23);
                  }
                  errors++;
                }
                for (const key2 in data8) {
                  if (!(key2 === 'path' || key2 === 'bytes' || key2 === 'sha256')) {
                    const err24 = {
                      instancePath: instancePath + '/model/files/' + i0,
                      schemaPath: '#/properties/model/anyOf/1/properties/files/items/additionalProperties',
                      keyword: 'additionalProperties',
                      params: { additionalProperty: key2 },
                      message: 'must NOT have additional properties',
                    };
                    if (vErrors === null) {
                      vErrors = [err24];
                    } else {
                      vErrors.push(err24);
                    }
                    errors++;
                  }
                }
                if (data8.path !== undefined) {
                  let data9 = data8.path;
                  if (typeof data9 === 'string') {
                    if (func1(data9) < 1) {
                      const err25 = {
                        instancePath: instancePath + '/model/files/' + i0 + '/path',
                        schemaPath:
                          '#/properties/model/anyOf/1/properties/files/items/properties/path/minLength',
                        keyword: 'minLength',
                        params: { limit: 1 },
                        message: 'must NOT have fewer than 1 characters',
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
                      instancePath: instancePath + '/model/files/' + i0 + '/path',
                      schemaPath: '#/properties/model/anyOf/1/properties/files/items/properties/path/type',
                      keyword: 'type',
                      params: { type: 'string' },
                      message: 'must be string',
                    };
                    if (vErrors === null) {
                      vErrors = [err26];
                    } else {
                      vErrors.push(err26);
                    }
                    errors++;
                  }
                }
                if (data8.bytes !== undefined) {
                  let data10 = data8.bytes;
                  if (!(typeof data10 == 'number' && !(data10 % 1) && !isNaN(data10) && isFinite(data10))) {
                    const err27 = {
                      instancePath: instancePath + '/model/files/' + i0 + '/bytes',
                      schemaPath: '#/properties/model/anyOf/1/properties/files/items/properties/bytes/type',
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
                  if (typeof data10 == 'number' && isFinite(data10)) {
                    if (data10 < 0 || isNaN(data10)) {
                      const err28 = {
                        instancePath: instancePath + '/model/files/' + i0 + '/bytes',
                        schemaPath:
                          '#/properties/model/anyOf/1/properties/files/items/properties/bytes/minimum',
                        keyword: 'minimum',
                        params: { comparison: '>=', limit: 0 },
                        message: 'must be >= 0',
                      };
                      if (vErrors === null) {
                        vErrors = [err28];
                      } else {
                        vErrors.push(err28);
                      }
                      errors++;
                    }
                  }
                }
                if (data8.sha256 !== undefined) {
                  let data11 = data8.sha256;
                  if (typeof data11 === 'string') {
                    if (!pattern6.test(data11)) {
                      const err29 = {
                        instancePath: instancePath + '/model/files/' + i0 + '/sha256',
                        schemaPath:
                          '#/properties/model/anyOf/1/properties/files/items/properties/sha256/pattern',
                        keyword: 'pattern',
                        params: { pattern: '^[0-9a-f]{64}$' },
                        message: 'must match pattern "' + '^[0-9a-f]{64}$' + '"',
                      };
                      if (vErrors === null) {
                        vErrors = [err29];
                      } else {
                        vErrors.push(err29);
                      }
                      errors++;
                    }
                  } else {
                    const err30 = {
                      instancePath: instancePath + '/model/files/' + i0 + '/sha256',
                      schemaPath: '#/properties/model/anyOf/1/properties/files/items/properties/sha256/type',
                      keyword: 'type',
                      params: { type: 'string' },
                      message: 'must be string',
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
                  instancePath: instancePath + '/model/files/' + i0,
                  schemaPath: '#/properties/model/anyOf/1/properties/files/items/type',
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
              instancePath: instancePath + '/model/files',
              schemaPath: '#/properties/model/anyOf/1/properties/files/type',
              keyword: 'type',
              params: { type: 'array' },
              message: 'must be array',
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
          instancePath: instancePath + '/model',
          schemaPath: '#/properties/model/anyOf/1/type',
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
      var _valid0 = _errs10 === errors;
      valid1 = valid1 || _valid0;
      if (!valid1) {
        const err34 = {
          instancePath: instancePath + '/model',
          schemaPath: '#/properties/model/anyOf',
          keyword: 'anyOf',
          params: {},
          message: 'must match a schema in anyOf',
        };
        if (vErrors === null) {
          vErrors = [err34];
        } else {
          vErrors.push(err34);
        }
        errors++;
      } else {
        errors = _errs7;
        if (vErrors !== null) {
          if (_errs7) {
            vErrors.length = _errs7;
          } else {
            vErrors = null;
          }
        }
      }
    }
    if (data.stages !== undefined) {
      let data12 = data.stages;
      if (Array.isArray(data12)) {
        const len1 = data12.length;
        for (let i1 = 0; i1 < len1; i1++) {
          if (
            !validate23(data12[i1], {
              instancePath: instancePath + '/stages/' + i1,
              parentData: data12,
              parentDataProperty: i1,
              rootData,
              dynamicAnchors,
            })
          ) {
            vErrors = vErrors === null ? validate23.errors : vErrors.concat(validate23.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err35 = {
          instancePath: instancePath + '/stages',
          schemaPath: '#/properties/stages/type',
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
    if (data.status !== undefined) {
      let data14 = data.status;
      if (!(
        data14 === 'open' ||
        data14 === 'gated' ||
        data14 === 'refused' ||
        data14 === 'deploying' ||
        data14 === 'deployed' ||
        data14 === 'rolled-back'
      )) {
        const err36 = {
          instancePath: instancePath + '/status',
          schemaPath: '#/properties/status/enum',
          keyword: 'enum',
          params: { allowedValues: schema31.properties.status.enum },
          message: 'must be equal to one of the allowed values',
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
