namespace Leadglass.Access;

/// <summary>
/// What is kept about people, programs, shares, assignments or sessions cannot be changed as asked, or cannot be read;
/// the message says what to do and names no person or patient.
/// </summary>
public class StateException(string message) : Exception(message);

/// <summary>Somebody else changed the record since it was read: read it again and repeat the change.</summary>
public sealed class StaleRecordException() : StateException("the record was changed meanwhile: read it again");
