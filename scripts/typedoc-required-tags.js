// A TypeDoc plugin that warns of comments that leave out what a caller has to know: a function that returns a promise or a
// generator has `@throws`, and an optional property has `@default` or says what its absence means.
import { Application, ReflectionKind } from 'typedoc';

const ASYNC_RESULT = /^(Promise|AsyncGenerator)$/;
const OPTIONAL_IS_EXPLAINED = /\b(absent|omitted)\b/i;

export function load(app) {
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    for (const signature of project.getReflectionsByKind(ReflectionKind.CallSignature)) {
      const comment = signature.comment ?? signature.parent.comment;
      if (!isCallback(signature) && ASYNC_RESULT.test(signature.type?.name ?? '') && !comment?.getTag('@throws'))
        app.logger.validationWarning(`${signature.getFriendlyFullName()} does not say what it throws (@throws)`);
    }
    for (const property of project.getReflectionsByKind(ReflectionKind.Property)) {
      const { comment } = property;
      if (!property.flags.isOptional || !comment || comment.getTag('@default')) continue;
      const text = comment.summary.map((part) => part.text).join('');
      if (!OPTIONAL_IS_EXPLAINED.test(text))
        app.logger.validationWarning(
          `${property.getFriendlyFullName()} does not say what its absence means (@default)`,
        );
    }
  });
}

/** Returns whether a signature is that of a function that the caller passes in. */
function isCallback(signature) {
  return !signature.parent.kindOf(ReflectionKind.FunctionOrMethod);
}
