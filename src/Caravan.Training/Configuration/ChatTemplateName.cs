namespace Caravan.Training.Configuration;

/// <summary>Layouts of a conversation as text.</summary>
public enum ChatTemplateName
{
    Tulu,
}
