/** What API routes give, as schemas: the OpenAPI description is made of them, and tests hold the answers to them. */
import * as v from "valibot";

/** An object whose fields are not described. */
export const anything = v.looseObject({});
