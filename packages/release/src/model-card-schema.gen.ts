// @ts-nocheck
// Generated from schemas/model-card.schema.json by scripts/generate.ts: change the schema, then run it.
/* eslint-disable */

export default validate20 as unknown as import('ajv').ValidateFunction;
const schema31 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'model-card.schema.json',
  'x-validator': 'packages/release/src/model-card-schema.gen.ts',
  title: 'Model card',
  description:
    'models/<version>/model-card.yaml: what a version of a model is, how it did, and who let it through.',
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  properties: {
    apiVersion: { const: 'llm/v1' },
    kind: { const: 'ModelVersion' },
    metadata: {
      type: 'object',
      required: ['name', 'version'],
      properties: {
        name: { type: 'string', pattern: '\\S' },
        version: {
          description:
            "Quoted, so that 2.0 isn't read as the number 2. Its first parts are the folder's: models/v2.0 holds 2.0.x.",
          type: 'string',
          pattern: '^[0-9]+(\\.[0-9]+)*([-+][0-9A-Za-z.-]+)?$',
        },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        annotations: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    spec: {
      type: 'object',
      properties: {
        baseModel: {
          description: 'A name for people; what model-pull fetches stands in source.',
          type: 'string',
        },
        source: {
          description: 'Where the weights are.',
          type: 'object',
          required: ['uri'],
          additionalProperties: false,
          properties: {
            uri: { type: 'string', pattern: '\\S' },
            revision: { type: 'string' },
            digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
          },
        },
        trainingData: { type: ['string', 'array', 'object'] },
        hyperparameters: { type: 'object' },
        evaluation: {
          type: 'object',
          properties: {
            dataset: { type: ['string', 'array', 'object'] },
            metrics: {
              description:
                'Written by eval-gate: the metrics that rules name, and those that stand here already. latency_p99_ms is the 99th percentile of e2e_ms.',
              type: ['object', 'null'],
              additionalProperties: { type: ['number', 'null'] },
            },
          },
        },
        dependencies: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, version: { type: 'string' } },
          },
        },
        license: { type: 'string' },
        status: {
          description:
            "eval-gate writes evaluated (pass), rejected (fail) or draft (inconclusive); approved comes from a person's review.",
          enum: ['draft', 'evaluated', 'approved', 'rejected', 'deployed', 'rolled-back'],
        },
        approvedBy: { type: ['string', 'null'] },
        approvalDate: { type: ['string', 'null'] },
      },
    },
  },
};
const pattern4 = new RegExp('\\S', 'u');
const pattern5 = new RegExp('^[0-9]+(\\.[0-9]+)*([-+][0-9A-Za-z.-]+)?$', 'u');
const pattern7 = new RegExp('^sha256:[0-9a-f]{64}$', 'u');

function validate20(
  data,
  { instancePath = '', parentData, parentDataProperty, rootData = data, dynamicAnchors = {} } = {},
) {
  /*# sourceURL="model-card.schema.json" */ let vErrors = null;
  let errors = 0;
  const evaluated0 = validate20.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.apiVersion === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'apiVersion' },
        message: "must have required property '" + 'apiVersion' + "'",
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.kind === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'kind' },
        message: "must have required property '" + 'kind' + "'",
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    if (data.metadata === undefined) {
      const err2 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'metadata' },
        message: "must have required property '" + 'metadata' + "'",
      };
      if (vErrors === null) {
        vErrors = [err2];
      } else {
        vErrors.push(err2);
      }
      errors++;
    }
    if (data.spec === undefined) {
      const err3 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'spec' },
        message: "must have required property '" + 'spec' + "'",
      };
      if (vErrors === null) {
        vErrors = [err3];
      } else {
        vErrors.push(err3);
      }
      errors++;
    }
    if (data.apiVersion !== undefined) {
      if ('llm/v1' !== data.apiVersion) {
        const err4 = {
          instancePath: instancePath + '/apiVersion',
          schemaPath: '#/properties/apiVersion/const',
          keyword: 'const',
          params: { allowedValue: 'llm/v1' },
          message: 'must be equal to constant',
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.kind !== undefined) {
      if ('ModelVersion' !== data.kind) {
        const err5 = {
          instancePath: instancePath + '/kind',
          schemaPath: '#/properties/kind/const',
          keyword: 'const',
          params: { allowedValue: 'ModelVersion' },
          message: 'must be equal to constant',
        };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.metadata !== undefined) {
      let data2 = data.metadata;
      if (data2 && typeof data2 == 'object' && !Array.isArray(data2)) {
        if (data2.name === undefined) {
          const err6 = {
            instancePath: instancePath + '/metadata',
            schemaPath: '#/properties/metadata/required',
            keyword: 'required',
            params: { missingProperty: 'name' },
            message: "must have required property '" + 'name' + "'",
          };
          if (vErrors === null) {
            vErrors = [err6];
          } else {
            vErrors.push(err6);
          }
          errors++;
        }
        if (data2.version === undefined) {
          const err7 = {
            instancePath: instancePath + '/metadata',
            schemaPath: '#/properties/metadata/required',
            keyword: 'required',
            params: { missingProperty: 'version' },
            message: "must have required property '" + 'version' + "'",
          };
          if (vErrors === null) {
            vErrors = [err7];
          } else {
            vErrors.push(err7);
          }
          errors++;
        }
        if (data2.name !== undefined) {
          let data3 = data2.name;
          if (typeof data3 === 'string') {
            if (!pattern4.test(data3)) {
              const err8 = {
                instancePath: instancePath + '/metadata/name',
                schemaPath: '#/properties/metadata/properties/name/pattern',
                keyword: 'pattern',
                params: { pattern: '\\S' },
                message: 'must match pattern "' + '\\S' + '"',
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
              instancePath: instancePath + '/metadata/name',
              schemaPath: '#/properties/metadata/properties/name/type',
              keyword: 'type',
              params: { type: 'string' },
              message: 'must be string',
            };
            if (vErrors === null) {
              vErrors = [err9];
            } else {
              vErrors.push(err9);
            }
            errors++;
          }
        }
        if (data2.version !== undefined) {
          let data4 = data2.version;
          if (typeof data4 === 'string') {
            if (!pattern5.test(data4)) {
              const err10 = {
                instancePath: instancePath + '/metadata/version',
                schemaPath: '#/properties/metadata/properties/version/pattern',
                keyword: 'pattern',
                params: { pattern: '^[0-9]+(\\.[0-9]+)*([-+][0-9A-Za-z.-]+)?$' },
                message: 'must match pattern "' + '^[0-9]+(\\.[0-9]+)*([-+][0-9A-Za-z.-]+)?$' + '"',
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
              instancePath: instancePath + '/metadata/version',
              schemaPath: '#/properties/metadata/properties/version/type',
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
        if (data2.labels !== undefined) {
          let data5 = data2.labels;
          if (data5 && typeof data5 == 'object' && !Array.isArray(data5)) {
            for (const key0 in data5) {
              if (typeof data5[key0] !== 'string') {
                const err12 = {
                  instancePath:
                    instancePath + '/metadata/labels/' + key0.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/properties/metadata/properties/labels/additionalProperties/type',
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
          } else {
            const err13 = {
              instancePath: instancePath + '/metadata/labels',
              schemaPath: '#/properties/metadata/properties/labels/type',
              keyword: 'type',
              params: { type: 'object' },
              message: 'must be object',
            };
            if (vErrors === null) {
              vErrors = [err13];
            } else {
              vErrors.push(err13);
            }
            errors++;
          }
        }
        if (data2.annotations !== undefined) {
          let data7 = data2.annotations;
          if (data7 && typeof data7 == 'object' && !Array.isArray(data7)) {
            for (const key1 in data7) {
              if (typeof data7[key1] !== 'string') {
                const err14 = {
                  instancePath:
                    instancePath + '/metadata/annotations/' + key1.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/properties/metadata/properties/annotations/additionalProperties/type',
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
          } else {
            const err15 = {
              instancePath: instancePath + '/metadata/annotations',
              schemaPath: '#/properties/metadata/properties/annotations/type',
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
        }
      } else {
        const err16 = {
          instancePath: instancePath + '/metadata',
          schemaPath: '#/properties/metadata/type',
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
    if (data.spec !== undefined) {
      let data9 = data.spec;
      if (data9 && typeof data9 == 'object' && !Array.isArray(data9)) {
        if (data9.baseModel !== undefined) {
          if (typeof data9.baseModel !== 'string') {
            const err17 = {
              instancePath: instancePath + '/spec/baseModel',
              schemaPath: '#/properties/spec/properties/baseModel/type',
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
        if (data9.source !== undefined) {
          let data11 = data9.source;
          if (data11 && typeof data11 == 'object' && !Array.isArray(data11)) {
            if (data11.uri === undefined) {
              const err18 = {
                instancePath: instancePath + '/spec/source',
                schemaPath: '#/properties/spec/properties/source/required',
                keyword: 'required',
                params: { missingProperty: 'uri' },
                message: "must have required property '" + 'uri' + "'",
              };
              if (vErrors === null) {
                vErrors = [err18];
              } else {
                vErrors.push(err18);
              }
              errors++;
            }
            for (const key2 in data11) {
              if (!(key2 === 'uri' || key2 === 'revision' || key2 === 'digest')) {
                const err19 = {
                  instancePath: instancePath + '/spec/source',
                  schemaPath: '#/properties/spec/properties/source/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key2 },
                  message: 'must NOT have additional properties',
                };
                if (vErrors === null) {
                  vErrors = [err19];
                } else {
                  vErrors.push(err19);
                }
                errors++;
              }
            }
            if (data11.uri !== undefined) {
              let data12 = data11.uri;
              if (typeof data12 === 'string') {
                if (!pattern4.test(data12)) {
                  const err20 = {
                    instancePath: instancePath + '/spec/source/uri',
                    schemaPath: '#/properties/spec/properties/source/properties/uri/pattern',
                    keyword: 'pattern',
                    params: { pattern: '\\S' },
                    message: 'must match pattern "' + '\\S' + '"',
                  };
                  if (vErrors === null) {
                    vErrors = [err20];
                  } else {
                    vErrors.push(err20);
                  }
                  errors++;
                }
              } else {
                const err21 = {
                  instancePath: instancePath + '/spec/source/uri',
                  schemaPath: '#/properties/spec/properties/source/properties/uri/type',
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
            if (data11.revision !== undefined) {
              if (typeof data11.revision !== 'string') {
                const err22 = {
                  instancePath: instancePath + '/spec/source/revision',
                  schemaPath: '#/properties/spec/properties/source/properties/revision/type',
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
            if (data11.digest !== undefined) {
              let data14 = data11.digest;
              if (typeof data14 === 'string') {
                if (!pattern7.test(data14)) {
                  const err23 = {
                    instancePath: instancePath + '/spec/source/digest',
                    schemaPath: '#/properties/spec/properties/source/properties/digest/pattern',
                    keyword: 'pattern',
                    params: { pattern: '^sha256:[0-9a-f]{64}$' },
                    message: 'must match pattern "' + '^sha256:[0-9a-f]{64}$' + '"',
                  };
                  if (vErrors === null) {
                    vErrors = [err23];
                  } else {
                    vErrors.push(err23);
                  }
                  errors++;
                }
              } else {
                const err24 = {
                  instancePath: instancePath + '/spec/source/digest',
                  schemaPath: '#/properties/spec/properties/source/properties/digest/type',
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
              instancePath: instancePath + '/spec/source',
              schemaPath: '#/properties/spec/properties/source/type',
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
        if (data9.trainingData !== undefined) {
          let data15 = data9.trainingData;
          if ((!data15 || typeof data15 != 'object') && typeof data15 !== 'string') {
            const err26 = {
              instancePath: instancePath + '/spec/trainingData',
              schemaPath: '#/properties/spec/properties/trainingData/type',
              keyword: 'type',
              params: { type: schema31.properties.spec.properties.trainingData.type },
              message: 'must be string,array,object',
            };
            if (vErrors === null) {
              vErrors = [err26];
            } else {
              vErrors.push(err26);
            }
            errors++;
          }
        }
        if (data9.hyperparameters !== undefined) {
          let data16 = data9.hyperparameters;
          if (!(data16 && typeof data16 == 'object' && !Array.isArray(data16))) {
            const err27 = {
              instancePath: instancePath + '/spec/hyperparameters',
              schemaPath: '#/properties/spec/properties/hyperparameters/type',
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
        if (data9.evaluation !== undefined) {
          let data17 = data9.evaluation;
          if (data17 && typeof data17 == 'object' && !Array.isArray(data17)) {
            if (data17.dataset !== undefined) {
              let data18 = data17.dataset;
              if ((!data18 || typeof data18 != 'object') && typeof data18 !== 'string') {
                const err28 = {
                  instancePath: instancePath + '/spec/evaluation/dataset',
                  schemaPath: '#/properties/spec/properties/evaluation/properties/dataset/type',
                  keyword: 'type',
                  params: { type: schema31.properties.spec.properties.evaluation.properties.dataset.type },
                  message: 'must be string,array,object',
                };
                if (vErrors === null) {
                  vErrors = [err28];
                } else {
                  vErrors.push(err28);
                }
                errors++;
              }
            }
            if (data17.metrics !== undefined) {
              let data19 = data17.metrics;
              if (!(data19 && typeof data19 == 'object' && !Array.isArray(data19)) && data19 !== null) {
                const err29 = {
                  instancePath: instancePath + '/spec/evaluation/metrics',
                  schemaPath: '#/properties/spec/properties/evaluation/properties/metrics/type',
                  keyword: 'type',
                  params: { type: schema31.properties.spec.properties.evaluation.properties.metrics.type },
                  message: 'must be object,null',
                };
                if (vErrors === null) {
                  vErrors = [err29];
                } else {
                  vErrors.push(err29);
                }
                errors++;
              }
              if (data19 && typeof data19 == 'object' && !Array.isArray(data19)) {
                for (const key3 in data19) {
                  let data20 = data19[key3];
                  if (!(typeof data20 == 'number' && isFinite(data20)) && data20 !== null) {
                    const err30 = {
                      instancePath:
                        instancePath +
                        '/spec/evaluation/metrics/' +
                        key3.replace(/~/g, '~0').replace(/\//g, '~1'),
                      schemaPath:
                        '#/properties/spec/properties/evaluation/properties/metrics/additionalProperties/type',
                      keyword: 'type',
                      params: {
                        type: schema31.properties.spec.properties.evaluation.properties.metrics
                          .additionalProperties.type,
                      },
                      message: 'must be number,null',
                    };
                    if (vErrors === null) {
                      vErrors = [err30];
                    } else {
                      vErrors.push(err30);
                    }
                    errors++;
                  }
                }
              }
            }
          } else {
            const err31 = {
              instancePath: instancePath + '/spec/evaluation',
              schemaPath: '#/properties/spec/properties/evaluation/type',
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
        if (data9.dependencies !== undefined) {
          let data21 = data9.dependencies;
          if (Array.isArray(data21)) {
            const len0 = data21.length;
            for (let i0 = 0; i0 < len0; i0++) {
              let data22 = data21[i0];
              if (data22 && typeof data22 == 'object' && !Array.isArray(data22)) {
                if (data22.name === undefined) {
                  const err32 = {
                    instancePath: instancePath + '/spec/dependencies/' + i0,
                    schemaPath: '#/properties/spec/properties/dependencies/items/required',
                    keyword: 'required',
                    params: { missingProperty: 'name' },
                    message: "must have required property '" + 'name' + "'",
                  };
                  if (vErrors === null) {
                    vErrors = [err32];
                  } else {
                    vErrors.push(err32);
                  }
                  errors++;
                }
                if (data22.name !== undefined) {
                  if (typeof data22.name !== 'string') {
                    const err33 = {
                      instancePath: instancePath + '/spec/dependencies/' + i0 + '/name',
                      schemaPath: '#/properties/spec/properties/dependencies/items/properties/name/type',
                      keyword: 'type',
                      params: { type: 'string' },
                      message: 'must be string',
                    };
                    if (vErrors === null) {
                      vErrors = [err33];
                    } else {
                      vErrors.push(err33);
                    }
                    errors++;
                  }
                }
                if (data22.version !== undefined) {
                  if (typeof data22.version !== 'string') {
                    const err34 = {
                      instancePath: instancePath + '/spec/dependencies/' + i0 + '/version',
                      schemaPath: '#/properties/spec/properties/dependencies/items/properties/version/type',
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
              } else {
                const err35 = {
                  instancePath: instancePath + '/spec/dependencies/' + i0,
                  schemaPath: '#/properties/spec/properties/dependencies/items/type',
                  keyword: 'type',
                  params: { type: 'object' },
                  message: 'must be object',
                };
                if (vErrors === null) {
                  vErrors = [err35];
                } else {
                  vErrors.push(err35);
                }
                errors++;
              }
            }
          } else {
            const err36 = {
              instancePath: instancePath + '/spec/dependencies',
              schemaPath: '#/properties/spec/properties/dependencies/type',
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
        if (data9.license !== undefined) {
          if (typeof data9.license !== 'string') {
            const err37 = {
              instancePath: instancePath + '/spec/license',
              schemaPath: '#/properties/spec/properties/license/type',
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
        if (data9.status !== undefined) {
          let data26 = data9.status;
          if (!(
            data26 === 'draft' ||
            data26 === 'evaluated' ||
            data26 === 'approved' ||
            data26 === 'rejected' ||
            data26 === 'deployed' ||
            data26 === 'rolled-back'
          )) {
            const err38 = {
              instancePath: instancePath + '/spec/status',
              schemaPath: '#/properties/spec/properties/status/enum',
              keyword: 'enum',
              params: { allowedValues: schema31.properties.spec.properties.status.enum },
              message: 'must be equal to one of the allowed values',
            };
            if (vErrors === null) {
              vErrors = [err38];
            } else {
              vErrors.push(err38);
            }
            errors++;
          }
        }
        if (data9.approvedBy !== undefined) {
          let data27 = data9.approvedBy;
          if (typeof data27 !== 'string' && data27 !== null) {
            const err39 = {
              instancePath: instancePath + '/spec/approvedBy',
              schemaPath: '#/properties/spec/properties/approvedBy/type',
              keyword: 'type',
              params: { type: schema31.properties.spec.properties.approvedBy.type },
              message: 'must be string,null',
            };
            if (vErrors === null) {
              vErrors = [err39];
            } else {
              vErrors.push(err39);
            }
            errors++;
          }
        }
        if (data9.approvalDate !== undefined) {
          let data28 = data9.approvalDate;
          if (typeof data28 !== 'string' && data28 !== null) {
            const err40 = {
              instancePath: instancePath + '/spec/approvalDate',
              schemaPath: '#/properties/spec/properties/approvalDate/type',
              keyword: 'type',
              params: { type: schema31.properties.spec.properties.approvalDate.type },
              message: 'must be string,null',
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
          instancePath: instancePath + '/spec',
          schemaPath: '#/properties/spec/type',
          keyword: 'type',
          params: { type: 'object' },
          message: 'must be object',
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
      instancePath,
      schemaPath: '#/type',
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
  validate20.errors = vErrors;
  return errors === 0;
}
validate20.evaluated = {
  props: { apiVersion: true, kind: true, metadata: true, spec: true },
  dynamicProps: false,
  dynamicItems: false,
};
